// What several pages share.
import { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Event, Health, Region, Site, Status, post } from "./api";
import { clock, count, moment, span } from "./format";
import { current, refresh } from "./store";

export const kRoutes = ["now", "timeline", "region", "dns", "drill", "settings"] as const;

// A state is told by a word and a shape, never by its colour alone.
export function Badge({ health }: { health: Health | "drained" | "serves" | "standby" | "failing" }) {
  const shapes = { up: "●", serves: "●", down: "✕", failing: "✕", unknown: "?", drained: "⏸", standby: "○" };
  return <span class={`badge ${health}`}><span aria-hidden="true">{shapes[health]}</span> {health}</span>;
}

export function regionState(region: Region): Health | "drained" {
  return region.drained ? "drained" : region.health;
}

// The region that serves the site now; undefined: none is usable.
export function serving(site: Site) { return site.order.find((choice) => choice.usable); }

// Opens the evidence behind what it stands beside.
export function Why({ subject, label }: { subject: string; label?: string }) {
  return <button class="why" type="button" onClick={() => openEvidence(subject)} aria-label={`Why? The evidence for ${subject}`}>{label ?? "why?"}</button>;
}

let showEvidence: (subject: string | null) => void = () => {};
export function onEvidence(show: (subject: string | null) => void): void { showEvidence = show; }
export function openEvidence(subject: string | null): void { showEvidence(subject); }

export function Card({ title, children, id, side }: { title: string; children: ComponentChildren; id?: string; side?: ComponentChildren }) {
  return <section class="card" aria-label={title} id={id}><header><h2>{title}</h2>{side}</header>{children}</section>;
}

export function Empty({ children }: { children: ComponentChildren }) { return <p class="empty">{children}</p>; }

// Wide tables scroll inside their own box, which the keyboard reaches.
export function Table({ label, head, children }: { label: string; head: string[]; children: ComponentChildren }) {
  return <div class="scroll" tabIndex={0} role="group" aria-label={label}>
    <table><thead><tr>{head.map((cell) => <th scope="col">{cell}</th>)}</tr></thead><tbody>{children}</tbody></table>
  </div>;
}

export function EventList({ events, max }: { events: Event[]; max: number }) {
  if (events.length === 0) return <Empty>Nothing has happened since the node started.</Empty>;
  return <ol class="events">{[...events].reverse().slice(0, max).map((event) =>
    <li key={event.id}><time dateTime={event.time} title={event.time}>{moment(event.time)}</time> <span class={`kind ${event.kind}`}>{event.kind}</span> <span>{event.text}</span></li>)}
  </ol>;
}

// A native dialog: the browser keeps the focus inside, and Escape closes it, unless it `must` be answered. The focus goes back to
// where it was.
export function Dialog({ title, onClose, must, children }: { title: string; onClose: () => void; must?: boolean; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    if (!box.current!.open) box.current!.showModal();
    return () => before?.focus();
  }, []);
  return <dialog ref={box} aria-label={title} onClose={onClose} onCancel={(event) => { if (must) event.preventDefault(); }}
                 onClick={(event) => { if (!must && event.target === box.current) box.current!.close(); }}>
    <div class="inside">
      <header><h2>{title}</h2>{!must && <button type="button" class="quiet" onClick={() => box.current!.close()} aria-label="Close">✕</button>}</header>
      {children}
    </div>
  </dialog>;
}

// --- actions: a reason is asked for, the effect is told first, and what can be undone offers it ---

export interface Action {
  title: string;
  path: string;
  body: object;
  effects: (status: Status) => string[];
  undo?: { title: string; path: string; body: object };
  cannotUndo?: string;
  takesSpan?: boolean;  // "for": how long
}

export interface Done { text: string; undo?: Action["undo"]; at: number }

let startAction: (action: Action) => void = () => {};
export function onAction(start: (action: Action) => void): void { startAction = start; }

export function ActionButton({ action, danger, children }: { action: Action; danger?: boolean; children: ComponentChildren }) {
  const mayAct = current().me?.role !== "view";
  return <button type="button" class={danger ? "danger" : ""} disabled={!mayAct} title={mayAct ? undefined : "The view token may look, not act."}
                 onClick={() => startAction(action)}>{children}</button>;
}

const kNameKey = "evershore-name";

export function ActionDialog({ action, onClose, onDone }: { action: Action; onClose: () => void; onDone: (done: Done) => void }) {
  const [reason, setReason] = useState("");
  const [who, setWho] = useState(localStorage.getItem(kNameKey) ?? "");
  const [time, setTime] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const status = current().status;
  async function act(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    localStorage.setItem(kNameKey, who);
    try {
      await post(action.path, { ...action.body, reason, ...(who ? { by: who } : {}), ...(time ? { for: time } : {}) });
      onDone({ text: `${action.title}: done at ${clock(new Date())}`, undo: action.undo, at: Date.now() });
      onClose();
      void refresh();
    } catch (problem) {
      setError((problem as Error).message);
      setBusy(false);
    }
  }
  return <Dialog title={action.title} onClose={onClose}>
    <form onSubmit={act}>
      <h3>What it will do</h3>
      <ul class="effects">{status && action.effects(status).map((line) => <li>{line}</li>)}</ul>
      <p class="note">{action.undo ? `It can be undone: ${action.undo.title.toLowerCase()}.` : action.cannotUndo}</p>
      <label>Reason (others will read it)<input name="reason" required minLength={3} maxLength={400} value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label>
      <label>Your name<input name="who" maxLength={80} value={who} onInput={(e) => setWho(e.currentTarget.value)} /></label>
      {action.takesSpan && <label>End by itself after (empty: never)<input name="for" placeholder="2h" pattern="[0-9]+(ms|s|m|h|d)" value={time} onInput={(e) => setTime(e.currentTarget.value)} /></label>}
      {error && <p class="error" role="alert">{error}</p>}
      <div class="row"><button type="submit" class="danger" disabled={busy}>{action.title}</button><button type="button" class="quiet" onClick={onClose}>Cancel</button></div>
    </form>
  </Dialog>;
}

// Who serves `site` when `without` may not.
function nextBest(site: Site, without: string): string {
  const next = site.order.find((choice) => choice.usable && choice.region !== without);
  if (!next) return `site ${site.name}: no other region is usable; the last resort is ${without} itself`;
  const lacks = next.pending_keys ? `, which lacks ${count(next.pending_keys)} keys (the oldest for ${span(next.oldest_pending_seconds)})` : ", which lacks nothing";
  return `site ${site.name} will be served by ${next.region}${lacks}`;
}

export function drainAction(region: string): Action {
  return {
    title: `Drain ${region}`, path: `regions/${encodeURIComponent(region)}/drain`, body: {}, takesSpan: true,
    effects: (status) => {
      const led = status.sites.filter((site) => serving(site)?.region === region);
      const lines = led.slice(0, 20).map((site) => nextBest(site, region));
      if (led.length === 0) lines.push(`no site is served by ${region} now: no traffic moves`);
      if (led.length > 20) lines.push(`and ${led.length - 20} more sites`);
      return [...lines, `no new request goes to ${region}; downloads under way may end`, "copying to and from it goes on"];
    },
    undo: { title: `Undrain ${region}`, path: `regions/${encodeURIComponent(region)}/undrain`, body: {} },
  };
}

export function undrainAction(region: string): Action {
  return {
    title: `Undrain ${region}`, path: `regions/${encodeURIComponent(region)}/undrain`, body: {},
    effects: (status) => [`${region} may serve again, as soon as its check and its copies allow`,
      ...status.sites.filter((site) => site.order.some((c) => c.region === region)).slice(0, 20)
        .map((site) => `site ${site.name}: served by ${serving(site)?.region ?? "nobody"} now`)],
    undo: { title: `Drain ${region}`, path: `regions/${encodeURIComponent(region)}/drain`, body: {} },
  };
}

export function pinAction(site: Site, region: string): Action {
  const path = `sites/${encodeURIComponent(site.name)}/failover`;
  return {
    title: `Pin ${site.name} to ${region}`, path, body: { region },
    effects: () => {
      const choice = site.order.find((c) => c.region === region);
      return [`site ${site.name} is asked of ${region} first, whatever the order says`,
        choice?.usable ? `${region} is usable now (${choice.why})` : `${region} is not usable now (${choice?.why}): others serve until it is`,
        choice?.pending_keys ? `${region} lacks ${count(choice.pending_keys)} keys: visitors may get older copies or a detour` : `${region} lacks nothing`];
    },
    undo: site.pinned ? { title: `Pin ${site.name} to ${site.pinned}`, path, body: { region: site.pinned } } : { title: `Release ${site.name}`, path, body: { auto: true } },
  };
}

export function releaseAction(site: Site): Action {
  const path = `sites/${encodeURIComponent(site.name)}/failover`;
  return {
    title: `Release ${site.name}`, path, body: { auto: true },
    effects: () => [`site ${site.name} follows its own order again; now it is served by ${serving(site)?.region ?? "nobody"}`],
    undo: { title: `Pin ${site.name} to ${site.pinned}`, path, body: { region: site.pinned } },
  };
}

export function purgeAction(site: Site, prefix: string): Action {
  return {
    title: prefix ? `Purge ${prefix} of ${site.name}` : `Purge all of ${site.name}`, path: `sites/${encodeURIComponent(site.name)}/purge`,
    body: prefix ? { prefix } : { all: true },
    effects: () => [`this node's cache forgets ${prefix ? `every key of ${site.name} that begins with "${prefix}"` : `all of ${site.name}`}`,
      `the next requests go to ${serving(site)?.region ?? "no region: none is usable"}, until the cache is full again`, "no object is deleted in any region"],
    cannotUndo: "It cannot be undone; it can be filled again: evershore prefetch.",
  };
}
