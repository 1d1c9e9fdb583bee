// The evidence behind one state, as the node explains it: a sentence first, then every fact it was made from.
import { useEffect, useState } from "preact/hooks";
import { Event, get } from "./api";
import { Badge, Dialog, EventList } from "./parts";
import { current } from "./store";
import { moment, span } from "./format";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function words(key: string): string { return key === "since_seconds" ? "for" : key.replace(/_seconds$/, "").replaceAll("_", " "); }

function Value({ name, value }: { name: string; value: Json }) {
  if (value === null || value === "") return <span class="none">none</span>;
  if (name.endsWith("_seconds") && typeof value === "number") return <>{span(value)}</>;
  if (name === "health") return <Badge health={value as "up"} />;
  if (typeof value === "boolean") return <>{value ? "yes" : "no"}</>;
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return <time dateTime={value}>{moment(value)}</time>;
  if (typeof value !== "object") return <>{String(value)}</>;
  if (Array.isArray(value)) {
    if (value.length === 0) return <span class="none">none</span>;
    return <ul>{value.map((each) => <li><Value name={name} value={each} /></li>)}</ul>;
  }
  return <Facts of={value} />;
}

function Facts({ of }: { of: { [key: string]: Json } }) {
  return <dl>{Object.entries(of).filter(([key]) => key !== "recent_events").map(([key, value]) =>
    <><dt>{words(key)}</dt><dd><Value name={key} value={value} /></dd></>)}</dl>;
}

// What a person needs first.
function sentence(subject: string, facts: { [key: string]: Json }): string {
  const check = facts.check as { health?: string; why?: string; since_seconds?: number; failures_in_row?: number } | null | undefined;
  if (typeof facts.region === "string" && check) {
    const drained = facts.drained as { reason: string } | null;
    const since = check.since_seconds === null || check.since_seconds === undefined ? "" : `, for ${span(check.since_seconds)}`;
    return `Region ${subject} is ${check.health}${since}: ${check.why || "no probe has failed"}.${drained ? ` It is drained: ${drained.reason || "no reason was given"}.` : ""}`;
  }
  if (Array.isArray(facts.order)) {
    const first = (facts.order as { region: string; usable: boolean; why: string }[]).find((choice) => choice.usable);
    return first ? `${subject} is served by ${first.region}: ${first.why}.` : `No region is usable for ${subject}.`;
  }
  if (facts.dns && typeof facts.dns === "object") return `${subject} is a name of this node's zones; each record below tells what it answers and why.`;
  if (typeof facts.key === "string") return `${facts.key}: ${facts.outcome}. ${facts.why}`;
  return `What is known of ${subject}:`;
}

// A check that is no region's: the state has all there is to know.
function ofCheck(name: string): { [key: string]: Json } | null {
  const check = current().status?.checks.find((each) => each.name === name);
  return check && !name.startsWith("region/") ? { check: check as unknown as Json } : null;
}

function eventsAbout(subject: string): Event[] {
  const names = [subject, subject.replace(/^region\//, "")];
  return current().events.filter((event) => names.includes(event.subject));
}

export function Evidence({ subject, onClose }: { subject: string; onClose: () => void }) {
  const [facts, setFacts] = useState<{ [key: string]: Json } | null>(null);
  const [error, setError] = useState("");
  useEffect(() => {
    const own = ofCheck(subject);
    if (own) { setFacts(own); return; }
    get<{ [key: string]: Json }>(`explain?subject=${encodeURIComponent(subject.replace(/^region\//, ""))}`)
      .then(setFacts, (problem: Error) => setError(problem.message));
  }, [subject]);
  return <Dialog title={`Why: ${subject}`} onClose={onClose}>
    {error && <p class="error" role="alert">{error}</p>}
    {!facts && !error && <p aria-busy="true">Asking the node…</p>}
    {facts && <>
      <p class="lead">{sentence(subject, facts)}</p>
      <h3>Facts</h3>
      <Facts of={facts} />
      <h3>What happened to it</h3>
      <EventList events={eventsAbout(subject)} max={15} />
    </>}
    <p class="note">The same in a terminal: <code>evershore explain {subject.replace(/^region\//, "")}</code></p>
  </Dialog>;
}
