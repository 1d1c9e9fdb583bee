// Region: what it lacks, since when, what would be lost if it were the only one left, and why it is as it is.
import { useState } from "preact/hooks";
import { Region as RegionState, Site, get } from "./api";
import { count, span } from "./format";
import { ActionButton, Badge, Card, Empty, EventList, Table, Why, drainAction, regionState, serving, undrainAction } from "./parts";
import { State } from "./store";

// Would be lost if all others vanished now: what is here not yet.
function Risk({ region }: { region: RegionState }) {
  if (region.pending_keys === null) return <p>No site copies to {region.name}: what it has is what was put there.</p>;
  if (region.pending_keys === 0) return <p class="good"><span aria-hidden="true">●</span> {region.name} lacks nothing that the others have: nothing would be lost by serving from it alone.</p>;
  return <p class="bad"><span aria-hidden="true">✕</span> {region.name} may lack {count(region.pending_keys)} keys; the oldest change has been missing for {span(region.oldest_pending_seconds)}. Serving from it alone would lose them, or show older copies.</p>;
}

function Differences({ sites }: { sites: Site[] }) {
  const [told, setTold] = useState("");
  const [keys, setKeys] = useState<{ key: string; why: string }[]>([]);
  async function compare(site: string) {
    setTold(`Comparing all regions of ${site}…`);
    try {
      const answer = await get<{ differences: number; keys: { key: string; why: string }[] }>(`sites/${encodeURIComponent(site)}/differences`);
      setKeys(answer.keys);
      setTold(answer.differences === 0 ? `All regions of ${site} have the same objects.` : `${count(answer.differences)} keys of ${site} differ.`);
    } catch (error) { setTold(`It could not be compared: ${(error as Error).message}.`); }
  }
  return <>
    <div class="row">{sites.map((site) => <button type="button" onClick={() => compare(site.name)}>Compare all regions of {site.name} now</button>)}</div>
    <p role="status">{told}</p>
    {keys.length > 0 && <Table label="Differences" head={["key", "what differs"]}>{keys.slice(0, 500).map((each) => <tr><th scope="row"><code>{each.key}</code></th><td>{each.why}</td></tr>)}</Table>}
  </>;
}

export function Region({ state, name }: { state: State; name: string }) {
  const status = state.status!;
  const region = status.regions.find((each) => each.name === name) ?? (name === "" ? status.regions[0] : undefined);
  const picker = <nav class="picker" aria-label="Regions">{status.regions.map((each) =>
    <a href={`#/region/${encodeURIComponent(each.name)}`} aria-current={each === region ? "page" : undefined}>{each.name} <Badge health={regionState(each)} /></a>)}</nav>;
  if (!region) return <>{picker}<Card title="Region"><Empty>{name ? `There is no region "${name}".` : "The settings have no region."}</Empty></Card></>;
  const check = status.checks.find((each) => each.name === `region/${region.name}`);
  const sites = status.sites.filter((site) => site.order.some((choice) => choice.region === region.name));
  const pending = sites.flatMap((site) => (site.replication?.pending ?? []).map((key) => ({ site: site.name, ...key }))).sort((a, b) => b.pending_seconds - a.pending_seconds);
  return <>
    {picker}
    <Card title={`Region ${region.name}`} side={<Badge health={regionState(region)} />}>
      <Risk region={region} />
      <dl class="pairs wide">
        <dt>endpoint</dt><dd><code>{region.endpoint}</code>, bucket <code>{region.bucket}</code></dd>
        <dt>its check says</dt><dd>{region.health}{region.since_seconds === null ? "" : ` for ${span(region.since_seconds)}`}: {region.why || "no probe has failed"} <Why subject={region.name} /></dd>
        <dt>last probe</dt><dd>{check?.last_probe || "none yet"}</dd>
        <dt>in a row</dt><dd>{count(check?.successes_in_row)} good, {count(check?.failures_in_row)} bad</dd>
        <dt>lacks</dt><dd>{region.pending_keys === null ? "not replicated" : `${count(region.pending_keys)} keys`}</dd>
        <dt>oldest missing for</dt><dd>{span(region.oldest_pending_seconds)}</dd>
        <dt>last copy took</dt><dd>{span(region.lag_seconds)} from the change to the copy</dd>
        {region.drained && <><dt>drained</dt><dd>{region.drained.reason || "no reason given"}{region.drained.until ? `, until ${region.drained.until}` : ""}</dd></>}
      </dl>
      <div class="row">{region.drained ? <ActionButton action={undrainAction(region.name)}>Undrain…</ActionButton> : <ActionButton action={drainAction(region.name)} danger>Drain…</ActionButton>}</div>
    </Card>
    <Card title="Its sites">{sites.length === 0 ? <Empty>No site is in this region.</Empty> : <Table label="Sites of this region" head={["site", "role", "lacks", "oldest"]}>
      {sites.slice(0, 200).map((site) => {
        const choice = site.order.find((each) => each.region === region.name)!;
        const leads = serving(site) === choice;
        return <tr key={site.name}><th scope="row">{site.name}</th><td><Badge health={leads ? "serves" : choice.usable ? "standby" : "down"} /> {choice.why} <Why subject={site.name} /></td>
          <td>{choice.pending_keys === null ? "–" : `${count(choice.pending_keys)} keys`}</td><td>{span(choice.oldest_pending_seconds)}</td></tr>;
      })}</Table>}</Card>
    <Card title="Keys to copy">
      {pending.length === 0 ? <Empty>No key of its sites waits to be copied.</Empty> : <Table label="Keys to copy, oldest first" head={["key", "site", "waits for", "tries", "state"]}>
        {pending.slice(0, 200).map((key) => <tr key={`${key.site}/${key.key}`}><th scope="row"><code>{key.key}</code> <Why subject={`${key.site}/${key.key}`} /></th><td>{key.site}</td><td>{span(key.pending_seconds)}</td><td>{key.attempts}</td><td>{key.state}</td></tr>)}</Table>}
      <Differences sites={sites.filter((site) => site.replication).slice(0, 10)} />
    </Card>
    <Card title="What happened to it"><EventList events={state.events.filter((event) => event.subject === region.name)} max={20} /></Card>
  </>;
}
