// Now: what is broken, who is affected, what would be lost.
import { useState } from "preact/hooks";
import { Chart } from "./chart";
import { Region, Site, Status } from "./api";
import { count, rate, span } from "./format";
import { ActionButton, Badge, Card, Empty, EventList, Table, Why, drainAction, pinAction, purgeAction, regionState, releaseAction, serving, undrainAction } from "./parts";
import { State } from "./store";

// Served by another region than it would choose. (The order comes with the region that serves first.)
function isMoved(site: Site): boolean { return serving(site)?.why.startsWith("failed over") ?? true; }
function calm(site: Site): number { return isMoved(site) ? 0 : site.pinned ? 1 : 2; }

// The one line that somebody woken by a call reads first.
export function headline(status: Status): { text: string; bad: boolean } {
  const dark = status.sites.filter((site) => !serving(site));
  if (dark.length) return { bad: true, text: `${dark.length === 1 ? `Site ${dark[0].name} has` : `${dark.length} sites have`} no usable region` };
  const down = status.regions.filter((region) => region.health === "down");
  const moved = status.sites.filter(isMoved);
  const drained = status.regions.filter((region) => region.drained);
  const failing = status.checks.filter((check) => check.health === "down" && !check.name.startsWith("region/"));
  const names = (list: { name: string }[]) => list.map((each) => each.name).join(", ");
  if (down.length) {
    const affected = moved.length ? `; ${moved.length} of ${status.sites.length} sites are served by another region` : "";
    return { bad: true, text: `${down.length === 1 ? "Region" : "Regions"} ${names(down)} down${affected}; every site is served` };
  }
  if (failing.length) return { bad: true, text: `Checks down: ${names(failing)}; every site is served` };
  if (drained.length) return { bad: false, text: `Drained: ${names(drained)}; every site is served` };
  const certificate = status.certificates.find((each) => each.state === "expired" || each.state === "expiring");
  if (certificate) return { bad: true, text: `The certificate of ${certificate.host} is ${certificate.state}` };
  return { bad: false, text: `All ${status.regions.length} regions are up, ${status.sites.length === 1 ? "the site is" : `all ${status.sites.length} sites are`} served` };
}

function Led({ region, status }: { region: Region; status: Status }) {
  const led = status.sites.filter((site) => serving(site)?.region === region.name);
  return <>{led.length === 0 ? "nothing" : led.length <= 3 ? led.map((site) => site.name).join(", ") : `${led.length} sites`}</>;
}

function RegionCard({ region, status }: { region: Region; status: Status }) {
  return <article class={`place ${regionState(region)}`} aria-label={`Region ${region.name}`}>
    <header><h3><a href={`#/region/${encodeURIComponent(region.name)}`}>{region.name}</a></h3><Badge health={regionState(region)} /></header>
    <p class="reason">{region.drained ? `drained: ${region.drained.reason || "no reason given"}` : region.why || "no probe has failed"} <Why subject={region.name} /></p>
    <dl class="pairs">
      <dt>serves</dt><dd><Led region={region} status={status} /></dd>
      <dt>for</dt><dd>{span(region.since_seconds)}</dd>
      <dt>lacks</dt><dd>{region.pending_keys === null ? "not replicated" : `${count(region.pending_keys)} keys`}</dd>
      <dt>behind</dt><dd>{span(region.oldest_pending_seconds)}</dd>
    </dl>
    <div class="row">{region.drained ? <ActionButton action={undrainAction(region.name)}>Undrain…</ActionButton> : <ActionButton action={drainAction(region.name)} danger>Drain…</ActionButton>}</div>
  </article>;
}

function SiteRow({ site }: { site: Site }) {
  const now = serving(site);
  return <tr>
    <th scope="row">{site.name}<div class="soft">{site.hosts.join(", ")}</div></th>
    <td>{now ? <>{now.region} <Why subject={site.name} label={site.pinned ? "pinned" : now.why} /></> : <><Badge health="down" /> <Why subject={site.name} /></>}</td>
    <td class="order">{site.order.map((choice) => <span class={`hop ${choice === now ? "serves" : choice.usable ? "standby" : "down"}`} title={choice.why}>
      <span aria-hidden="true">{choice === now ? "●" : choice.usable ? "○" : "✕"}</span> {choice.region}<span class="hidden">{choice === now ? " serves" : choice.usable ? " stands by" : " is not usable"}</span></span>)}</td>
    <td>{site.replication ? `${count(site.replication.pending_keys)} keys, ${span(site.replication.oldest_pending_seconds)}` : "not replicated"}</td>
    <td><div class="row">
      {site.pinned ? <ActionButton action={releaseAction(site)}>Release…</ActionButton>
        : site.order.filter((choice) => choice !== now).slice(0, 3).map((choice) => <ActionButton action={pinAction(site, choice.region)}>Pin to {choice.region}…</ActionButton>)}
      <ActionButton action={purgeAction(site, "")}>Purge…</ActionButton>
    </div></td>
  </tr>;
}

function Sites({ status }: { status: Status }) {
  const [word, setWord] = useState("");
  const [shown, setShown] = useState(50);
  const found = status.sites.filter((site) => site.name.includes(word) || site.hosts.some((host) => host.includes(word)));
  // What is wrong comes first.
  const sorted = found.length > 20 ? [...found].sort((a, b) => calm(a) - calm(b)) : found;
  return <Card title="Sites" side={status.sites.length > 10 ? <label class="filter">Filter <input value={word} onInput={(e) => setWord(e.currentTarget.value.toLowerCase())} /></label> : undefined}>
    {status.sites.length === 0 ? <Empty>The settings have no site.</Empty> : <Table label="Sites" head={["site", "served by", "order", "to copy", "actions"]}>
      {sorted.slice(0, shown).map((site) => <SiteRow key={site.name} site={site} />)}</Table>}
    {sorted.length > shown && <button type="button" class="quiet" onClick={() => setShown(shown + 200)}>{sorted.length - shown} more</button>}
  </Card>;
}

function Checks({ status }: { status: Status }) {
  const own = status.checks.filter((check) => !check.name.startsWith("region/"));
  if (own.length === 0) return null;
  return <Card title="Health checks"><Table label="Health checks" head={["check", "state", "for", "because"]}>
    {own.slice(0, 200).map((check) => <tr key={check.name}><th scope="row">{check.name}</th><td><Badge health={check.health} /></td><td>{span(check.since_seconds)}</td>
      <td>{check.why} <Why subject={check.name} /></td></tr>)}
  </Table></Card>;
}

function Alerts({ status }: { status: Status }) {
  if (status.alerts.length === 0) return null;
  return <Card title="Alerts"><Table label="Receivers of alerts" head={["receiver", "told of", "open", "delivered", "state"]}>
    {status.alerts.map((each) => <tr><th scope="row">{each.receiver}</th><td>{each.on.join(", ")}</td><td>{count(each.open)}</td><td>{count(each.delivered)}{each.given_up ? `, ${count(each.given_up)} given up` : ""}</td>
      <td>{each.last_error ? <><Badge health="failing" /> {each.last_error}</> : "works"}</td></tr>)}</Table></Card>;
}

function Node({ state, status }: { state: State; status: Status }) {
  const { rates } = state;
  const facts: [string, string][] = [
    ["requests/s", rate(rates.requests)], ["failed/s", rate(rates.failed)], ["DNS queries/s", rate(rates.queries)],
    ["cache hits", rates.requests ? `${Math.round(100 * Math.min(1, (rates.hits ?? 0) / rates.requests))} %` : "–"],
    ["connections", count(status.edge.connections)], ["takeovers", count(status.edge.takeovers)], ["up for", span(status.uptime_seconds)],
  ];
  return <Card title={`Node ${status.node}`}>
    <dl class="tiles">{facts.map(([name, value]) => <div><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    <Charts state={state} />
  </Card>;
}

export function Charts({ state }: { state: State }) {
  const recent = state.samples.slice(-300);
  const times = recent.map((sample) => sample.at);
  if (recent.length < 2) return <Empty>Charts begin with this page: one moment.</Empty>;
  return <div class="charts">
    <Chart title="Requests per second" times={times} format={rate} lines={[
      { label: "all", color: "--line-a", values: recent.map((s) => s.requests) }, { label: "failed", color: "--line-b", dash: [4, 3], values: recent.map((s) => s.failed) }]} />
    <Chart title="Oldest change to copy" times={times} format={span} lines={[{ label: "worst region", color: "--line-a", values: recent.map((s) => s.lag) }]} />
  </div>;
}

export function Now({ state }: { state: State }) {
  const status = state.status!;
  const { text, bad } = headline(status);
  return <>
    <p class={`headline ${bad ? "bad" : "good"}`} role="status"><span aria-hidden="true">{bad ? "✕" : "●"}</span> {text}</p>
    <Card title="Regions"><div class="places">{status.regions.map((region) => <RegionCard key={region.name} region={region} status={status} />)}</div></Card>
    <Sites status={status} />
    <Checks status={status} />
    <Alerts status={status} />
    <Card title="What changed last" side={<a href="#/timeline">all</a>}><EventList events={state.events} max={8} /></Card>
    <Node state={state} status={status} />
  </>;
}
