// Timeline: all that happened on one axis, by kind; a span of it can be chosen, and a word looked for.
import { useMemo, useState } from "preact/hooks";
import { clock, moment } from "./format";
import { Charts } from "./now";
import { Card, Empty, Why } from "./parts";
import { State } from "./store";

const kSpans: [string, number][] = [["15 min", 900], ["1 h", 3600], ["6 h", 21_600], ["1 d", 86_400], ["all", Infinity]];
const kShownMax = 300;

export function Timeline({ state }: { state: State }) {
  const [kinds, setKinds] = useState<string[]>([]);
  const [word, setWord] = useState("");
  const [length, setLength] = useState(3600);
  const [chosen, setChosen] = useState<number | null>(null);
  const all = useMemo(() => [...new Set(state.events.map((event) => event.kind))].sort(), [state.events]);
  const end = Date.now();
  const first = state.events.length ? Date.parse(state.events[0].time) : end;
  const begin = Number.isFinite(length) ? end - length * 1000 : Math.min(first, end - 60_000);
  const found = state.events.filter((event) => Date.parse(event.time) >= begin && (kinds.length === 0 || kinds.includes(event.kind)) &&
    (word === "" || event.text.toLowerCase().includes(word) || event.subject.toLowerCase().includes(word)));
  const rows = all.filter((kind) => kinds.length === 0 || kinds.includes(kind));
  const place = (time: string) => (100 * (Date.parse(time) - begin)) / (end - begin);
  const toggle = (kind: string) => setKinds(kinds.includes(kind) ? kinds.filter((each) => each !== kind) : [...kinds, kind]);
  return <>
    <Card title="Timeline">
      <div class="row filters">
        <label class="filter">Look for <input value={word} onInput={(e) => setWord(e.currentTarget.value.toLowerCase())} /></label>
        <fieldset><legend>Span</legend>{kSpans.map(([name, seconds]) => <button type="button" aria-pressed={length === seconds} class="toggle" onClick={() => setLength(seconds)}>{name}</button>)}</fieldset>
        <fieldset><legend>Kinds</legend>{all.map((kind) => <button type="button" aria-pressed={kinds.includes(kind)} class="toggle" onClick={() => toggle(kind)}>{kind}</button>)}</fieldset>
      </div>
      {found.length === 0 ? <Empty>Nothing of that happened in this span.</Empty> : <>
        <div class="axis" role="img" aria-label={`${found.length} events from ${moment(new Date(begin).toISOString())} until now; the list below tells them`}>
          {rows.map((kind) => <div class="lane"><span class="lane-name">{kind}</span><div class="lane-line">{found.filter((event) => event.kind === kind).map((event) =>
            <span class={`tick ${event.id === chosen ? "chosen" : ""}`} style={{ left: `${place(event.time)}%` }} title={`${clock(event.time)} ${event.text}`} onClick={() => setChosen(event.id)} />)}</div></div>)}
          <div class="lane ends"><span class="lane-name" /><div class="lane-line"><span>{moment(new Date(begin).toISOString())}</span><span>now</span></div></div>
        </div>
        <ol class="events long">{[...found].reverse().slice(0, kShownMax).map((event) =>
          <li key={event.id} class={event.id === chosen ? "chosen" : ""}><button type="button" class="pick" aria-pressed={event.id === chosen} onClick={() => setChosen(event.id)}>
            <time dateTime={event.time}>{moment(event.time)}</time></button> <span class={`kind ${event.kind}`}>{event.kind}</span> <span>{event.text}</span> {explainable(state, event.subject) && <Why subject={event.subject} />}</li>)}</ol>
        {found.length > kShownMax && <p class="note">{found.length - kShownMax} older ones are left out: narrow the span.</p>}
      </>}
    </Card>
    <Card title="Meanwhile"><Charts state={state} /></Card>
  </>;
}

function explainable(state: State, subject: string): boolean {
  const status = state.status!;
  return status.regions.some((each) => each.name === subject) || status.sites.some((each) => each.name === subject) || status.checks.some((each) => each.name === subject);
}
