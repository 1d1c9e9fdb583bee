// Drill: this node sees a region as broken for a while. Watched second by second, ended early when clients notice, told at the end.
import { useEffect, useState } from "preact/hooks";
import { Event, Status, post } from "./api";
import { clock, count, span } from "./format";
import { Card, Empty, EventList, Table, serving } from "./parts";
import { State, current, refresh } from "./store";

const kFaults: [string, string][] = [
  ["down", "connections are refused"], ["blackhole", "connections never come about"], ["error", "every request is answered with 503"],
  ["slow", "answers come late"], ["cut", "bodies break off halfway"],
];

interface Mark { requests: number; failed: number; takeovers: number; retries: number }
interface Running {
  region: string; fault: string; seconds: number; began: number; firstEvent: number; mark: Mark; abortAt: number;
  served: Record<string, string>;        // by site, before
  moved: Record<string, { to: string; after: number }>;
  ended: { at: number; why: string } | null;
  last: Mark;
}

function mark(status: Status): Mark {
  const { requests, failed, takeovers, retries } = status.edge;
  return { requests, failed, takeovers, retries };
}

function served(status: Status): Record<string, string> {
  return Object.fromEntries(status.sites.map((site) => [site.name, serving(site)?.region ?? "nobody"]));
}

let running: Running | null = null;  // survives a change of pages

async function stop(why: string): Promise<void> {
  if (!running || running.ended) return;
  running.ended = { at: Date.now(), why };
  try {
    await post(`regions/${encodeURIComponent(running.region)}/fault`, { fault: "none", reason: `drill ended: ${why}` });
  } catch (error) { running.ended.why += `; ending it failed: ${(error as Error).message} (it ends by itself)`; }
  void refresh();
}

// What this state adds to the drill.
function watch(state: State): void {
  const status = state.status;
  if (!running || !status || running.ended) return;
  const after = (Date.now() - running.began) / 1000;
  running.last = mark(status);
  for (const [site, region] of Object.entries(served(status))) {
    if (region !== running.served[site] && !running.moved[site]) running.moved[site] = { to: region, after };
  }
  const failed = running.last.failed - running.mark.failed;
  const all = running.last.requests - running.mark.requests;
  if (all >= 20 && failed / all > running.abortAt) void stop(`${count(failed)} of ${count(all)} requests failed, more than allowed`);
  else if (after >= running.seconds) void stop("time over");
}

function verdict(drill: Running): { good: boolean; text: string } {
  const failed = drill.last.failed - drill.mark.failed;
  const all = drill.last.requests - drill.mark.requests;
  if (failed > 0) return { good: false, text: `Clients saw it: ${count(failed)} of ${count(all)} requests failed.` };
  if (all === 0) return { good: true, text: "No request came during the drill: nothing is proven about clients." };
  return { good: true, text: `Clients saw nothing: ${count(all)} requests, none failed.` };
}

function report(drill: Running, events: Event[]): string {
  return JSON.stringify({ region: drill.region, fault: drill.fault, seconds: drill.seconds, began: new Date(drill.began).toISOString(),
    ended: drill.ended && new Date(drill.ended.at).toISOString(), end: drill.ended?.why, verdict: verdict(drill).text, moved: drill.moved,
    counters: { before: drill.mark, after: drill.last }, events: events.map(({ time, kind, subject, text }) => ({ time, kind, subject, text })) }, null, 2);
}

function Report({ drill, events }: { drill: Running; events: Event[] }) {
  const { good, text } = verdict(drill);
  const left = Math.max(0, drill.seconds - (Date.now() - drill.began) / 1000);
  const moved = Object.entries(drill.moved);
  return <Card title={drill.ended ? `Report: ${drill.fault} of ${drill.region}` : `Running: ${drill.fault} of ${drill.region}`}>
    {drill.ended ? <p class={`headline ${good ? "good" : "bad"}`} role="status"><span aria-hidden="true">{good ? "●" : "✕"}</span> {text}</p>
      : <div class="row"><p role="status">Ends in {span(left)}.</p><button type="button" class="danger" onClick={() => stop("by hand")}>End it now</button></div>}
    <dl class="pairs wide">
      <dt>began</dt><dd>{clock(drill.began)}</dd>
      {drill.ended && <><dt>ended</dt><dd>{clock(drill.ended.at)}: {drill.ended.why}</dd></>}
      <dt>requests</dt><dd>{count(drill.last.requests - drill.mark.requests)}, {count(drill.last.failed - drill.mark.failed)} failed</dd>
      <dt>tried elsewhere</dt><dd>{count(drill.last.retries - drill.mark.retries)} requests</dd>
      <dt>taken over</dt><dd>{count(drill.last.takeovers - drill.mark.takeovers)} downloads under way</dd>
    </dl>
    {moved.length > 0 ? <Table label="Sites that moved" head={["site", "from", "to", "after"]}>{moved.slice(0, 100).map(([site, { to, after }]) =>
      <tr><th scope="row">{site}</th><td>{drill.served[site]}</td><td>{to}</td><td>{span(after)}</td></tr>)}</Table> : <Empty>No site has moved.</Empty>}
    <h3>What happened</h3>
    <EventList events={events} max={30} />
    {drill.ended && <a class="button" download={`drill-${drill.region}.json`} href={URL.createObjectURL(new Blob([report(drill, events)], { type: "application/json" }))}>The report as JSON</a>}
  </Card>;
}

export function Drill({ state }: { state: State }) {
  const status = state.status!;
  const [region, setRegion] = useState(status.regions[0]?.name ?? "");
  const [fault, setFault] = useState("down");
  const [seconds, setSeconds] = useState(30);
  const [abortPercent, setAbortPercent] = useState(1);
  const [reason, setReason] = useState("");
  const [error, setError] = useState("");
  const [, tick] = useState(0);
  watch(state);
  useEffect(() => {
    const timer = setInterval(() => { watch(current()); if (running && !running.ended) { tick((n) => n + 1); void refresh(); } }, 1000);
    return () => clearInterval(timer);
  }, []);
  async function start(event: SubmitEvent) {
    event.preventDefault();
    const now = mark(status);
    try {
      await post(`regions/${encodeURIComponent(region)}/fault`, { fault, for: `${seconds}s`, reason });
      running = { region, fault, seconds, began: Date.now(), firstEvent: (state.events.at(-1)?.id ?? 0) + 1, mark: now, last: now, abortAt: abortPercent / 100, served: served(status), moved: {}, ended: null };
      setError("");
      void refresh();
    } catch (problem) { setError((problem as Error).message); }
  }
  const drill = running;
  const led = status.sites.filter((site) => serving(site)?.region === region);
  const mayAct = state.me?.role !== "view";
  return <>
    <Card title="Drill">
      <p>For a while this node sees one region as broken: its own requests to it fail. The bucket and everybody else are left alone.</p>
      <form class="drill" onSubmit={start}>
        <label>Region <select name="region" value={region} onChange={(e) => setRegion(e.currentTarget.value)}>{status.regions.map((each) => <option>{each.name}</option>)}</select></label>
        <label>Fault <select name="fault" value={fault} onChange={(e) => setFault(e.currentTarget.value)}>{kFaults.map(([name, text]) => <option value={name}>{name}: {text}</option>)}</select></label>
        <label>Seconds <input name="seconds" type="number" min={2} max={1800} required value={seconds} onInput={(e) => setSeconds(e.currentTarget.valueAsNumber)} /></label>
        <label>End early above so many % failed <input name="abort" type="number" min={0} max={100} step={0.1} required value={abortPercent} onInput={(e) => setAbortPercent(e.currentTarget.valueAsNumber)} /></label>
        <label>Reason <input name="reason" required minLength={3} maxLength={400} value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label>
        <div><h3>What it will do</h3><ul class="effects">
          <li>{led.length === 0 ? `no site is served by ${region} now: no traffic should move` : `${led.length === 1 ? `site ${led[0].name} is` : `${led.length} sites are`} served by ${region} now and should move to the next region`}</li>
          <li>copies to {region} wait until it is over</li></ul></div>
        {error && <p class="error" role="alert">{error}</p>}
        <button type="submit" class="danger" disabled={!mayAct || Boolean(drill && !drill.ended)} title={mayAct ? undefined : "The view token may look, not act."}>Begin the drill</button>
      </form>
    </Card>
    {drill && <Report drill={drill} events={state.events.filter((event) => event.id >= drill.firstEvent && (!drill.ended || Date.parse(event.time) <= drill.ended.at + 5000))} />}
  </>;
}
