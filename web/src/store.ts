// The one copy of what is known: the state, asked every two seconds and after each event; the events, as they come; and samples of the
// counters for rates and charts. Views are drawn anew from it.
import { useEffect, useState } from "preact/hooks";
import { Event, Status, TokenNeeded, Whoami, get, stream } from "./api";

export interface Sample {
  at: number;  // seconds since 1970
  requests: number | null; failed: number | null; queries: number | null;  // per second; null: unknown yet
  lag: number | null; pending: number | null;  // the worst, and all of them
}
export interface State {
  me: Whoami | null;
  wantsToken: string | null;  // why
  status: Status | null;
  statusAt: number;           // Date.now()
  trouble: string | null;     // the last request failed
  live: boolean;              // the stream is open
  events: Event[];            // oldest first
  samples: Sample[];
  rates: { requests: number | null; failed: number | null; hits: number | null; queries: number | null };
}

const kPollMs = 2_000;
const kEventsKept = 2_000;
const kSamplesKept = 1_800;
const kBackoffMsMax = 15_000;

let state: State = {
  me: null, wantsToken: null, status: null, statusAt: 0, trouble: null, live: false, events: [], samples: [],
  rates: { requests: null, failed: null, hits: null, queries: null },
};
const listeners = new Set<() => void>();

function change(next: Partial<State>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

export function current(): State { return state; }

export function useStore(): State {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = () => redraw((n) => n + 1);
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  }, []);
  return state;
}

let before: { at: number; requests: number; failed: number; hits: number; queries: number; uptime: number } | null = null;

// Rates against the last answer; none over a restart of the node.
function measure(status: Status): Pick<State, "rates" | "samples"> {
  const now = { at: Date.now() / 1000, requests: status.edge.requests, failed: status.edge.failed, hits: status.edge.cache_hits,
                queries: status.dns.queries_udp + status.dns.queries_tcp, uptime: status.uptime_seconds };
  const last = before;
  if (last && now.at - last.at < 1 && now.uptime >= last.uptime) return { rates: state.rates, samples: state.samples };
  before = now;
  const per = (a: number, b: number) => (last && now.uptime > last.uptime ? Math.max(0, a - b) / (now.at - last.at) : null);
  const rates = { requests: per(now.requests, last?.requests ?? 0), failed: per(now.failed, last?.failed ?? 0),
                  hits: per(now.hits, last?.hits ?? 0), queries: per(now.queries, last?.queries ?? 0) };
  const lags = status.regions.map((r) => r.oldest_pending_seconds).filter((x): x is number => x !== null);
  const pending = status.regions.map((r) => r.pending_keys).filter((x): x is number => x !== null);
  const sample: Sample = { at: now.at, requests: rates.requests, failed: rates.failed, queries: rates.queries,
                           lag: lags.length ? Math.max(...lags) : null, pending: pending.length ? pending.reduce((a, b) => a + b, 0) : null };
  return { rates, samples: [...state.samples, sample].slice(-kSamplesKept) };
}

let asking = false;
let askAgain = false;

export async function refresh(): Promise<void> {
  if (asking) { askAgain = true; return; }
  asking = true;
  try {
    const status = await get<Status>("status");
    change({ status, statusAt: Date.now(), trouble: null, wantsToken: null, ...measure(status) });
  } catch (error) {
    if (error instanceof TokenNeeded) change({ wantsToken: error.message });
    else change({ trouble: (error as Error).message });
  } finally {
    asking = false;
    if (askAgain) { askAgain = false; void refresh(); }
  }
}

let pendingEvents: Event[] = [];

// Events come in bursts: one drawing for all that came together.
function take(event: Event): void {
  pendingEvents.push(event);
  if (pendingEvents.length > 1) return;
  setTimeout(() => {
    const fresh = pendingEvents;
    pendingEvents = [];
    const last = state.events.at(-1)?.id ?? 0;
    const restarted = fresh[0].id <= last;  // numbers begin again: so did the node
    change({ events: (restarted ? fresh : [...state.events, ...fresh]).slice(-kEventsKept) });
    void refresh();
  }, 50);
}

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function follow(): Promise<void> {
  for (let failures = 0; ; ++failures) {
    if (state.wantsToken !== null) { await wait(300); failures = 0; continue; }
    const uptime = state.status?.uptime_seconds ?? 0;
    await refresh();
    const restarted = (state.status?.uptime_seconds ?? 0) < uptime;
    try {
      await stream(restarted ? 0 : state.events.at(-1)?.id ?? 0, () => { failures = 0; change({ live: true }); }, take);
    } catch { /* told by `live` and by the polling */ }
    change({ live: false });
    await wait(Math.min(kBackoffMsMax, 500 * 2 ** Math.min(failures, 5)));
  }
}

export async function signIn(): Promise<void> {
  try {
    change({ me: await get<Whoami>("whoami"), wantsToken: null });
    await refresh();
  } catch (error) {
    if (error instanceof TokenNeeded) change({ wantsToken: error.message });
    else change({ trouble: (error as Error).message });
  }
}

export function begin(): void {
  void signIn();
  void follow();
  setInterval(() => { if (state.wantsToken === null && !document.hidden) { void refresh(); if (!state.me) void signIn(); } }, kPollMs);
}
