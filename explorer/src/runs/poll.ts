/** What the server says of one run of training: `run_now` in serving/run_routes.py writes it. */
export interface RunNow {
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  readonly state: string;
  /** What can be done with the run. */
  readonly actions: readonly string[];
  /** What kind of thing is wrong with a run at work; null while nothing is. */
  readonly finding: string | null;
  /** Another one whenever there is more to see of the run than before. */
  readonly change: string;
  readonly words: string;
  /** Share that is done of its training, and once trained of its finishing, 0 to 1; null while it is not known. */
  readonly progress: number | null;
}

export type RunsListener = (runs: readonly RunNow[]) => void;

/** Milliseconds between two questions: each wakes browser and server on the cores that train. */
const PAUSE = 2000;

/** How the runs are now, asked for again and again, once for all who listen; a page that nobody sees does not ask. */
export class RunsPoll {
  private readonly listeners = new Set<RunsListener>();
  private asking = false;

  constructor(
    private readonly ask: () => Promise<readonly RunNow[]>,
    private readonly untilVisible: () => Promise<void>,
  ) {}

  /** Listens until the signal aborts. */
  listen(listener: RunsListener, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
    if (!this.asking) void this.go();
  }

  private async go(): Promise<void> {
    this.asking = true;
    while (this.listeners.size > 0) {
      await this.untilVisible();
      // A server that does not answer is asked again: Streamlit itself says that the connection is gone.
      const runs = await this.ask().catch(() => null);
      if (runs) for (const listener of [...this.listeners]) listener(runs);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    this.asking = false;
  }
}

const polls = new Map<string, RunsPoll>();

/** The one poll of the runs at an address that ends in a slash. */
export function pollOf(url: string): RunsPoll {
  let poll = polls.get(url);
  if (!poll) polls.set(url, (poll = new RunsPoll(() => fetchRuns(`${url}now`), untilVisible)));
  return poll;
}

async function fetchRuns(url: string): Promise<readonly RunNow[]> {
  const answer = await fetch(url, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return (await answer.json()) as readonly RunNow[];
}

function untilVisible(): Promise<void> {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}
