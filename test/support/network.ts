import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** The way between a process and its database, which can be cut. */
export interface Network {
  /** Where the process finds the database. */
  readonly port: number;
  /** How many connections were asked for, also in vain. */
  readonly connections: number;
  /** All connections end, and none is made. */
  cut(): void;
  /** The database gets what is asked next, and the connection ends in place of its answer. */
  cutNextAnswer(): void;
  /** How many answers were cut like this. */
  readonly cutAnswers: number;
  /** What goes this way is kept back from now on. */
  hold(way: "requests" | "answers"): void;
  /** How many answers, or parts of them, are kept back. */
  readonly keptAnswers: number;
  /**
   * All goes on as before. What was kept back arrives late, as TCP brings it after a partition, whoever has given up meanwhile; or it is
   * lost, and so are the connections that it went through.
   */
  heal(what?: "late" | "lost"): void;
  close(): void;
}

/** One direction of a connection. */
class Pipe {
  readonly #to: Socket;
  readonly #kept: Buffer[] = [];
  #isHeld = false;
  #isOver = false;

  /** @param swallows whether data gets lost on its way */
  constructor(from: Socket, to: Socket, swallows = () => false) {
    this.#to = to;
    from.on("data", (data: Buffer) => {
      if (swallows()) return;
      if (this.#isHeld) this.#kept.push(data);
      else to.write(data);
    });
    from.on("error", () => {});
    from.on("close", () => {
      this.#isOver = true;
      if (!this.#isHeld) to.end();
    });
  }

  get kept(): number {
    return this.#kept.length;
  }

  hold(): void {
    this.#isHeld = true;
  }

  heal(what: "late" | "lost"): void {
    if (what === "lost" && this.#kept.length > 0) this.#to.destroy();
    this.#isHeld = false;
    for (const data of this.#kept.splice(0)) this.#to.write(data);
    if (this.#isOver) this.#to.end();
  }
}

interface Pipes {
  readonly requests: Pipe;
  readonly answers: Pipe;
  destroy(): void;
}

/** Stands between one process and the database on this port of this machine. */
export async function openNetwork(target: number): Promise<Network> {
  const connections = new Set<Pipes>();
  const held = new Set<"requests" | "answers">();
  let isCut = false;
  let asked = 0;
  let isNextCut = false;
  let cutAnswers = 0;
  const server = createServer((near) => {
    asked += 1;
    if (isCut) return void near.destroy();
    const far = connect(target, "127.0.0.1");
    const pipes: Pipes = {
      requests: new Pipe(near, far),
      answers: new Pipe(far, near, () => {
        if (!isNextCut) return false;
        isNextCut = false;
        cutAnswers += 1;
        pipes.destroy();
        return true;
      }),
      destroy() {
        near.destroy();
        far.destroy();
      },
    };
    for (const way of held) pipes[way].hold();
    connections.add(pipes);
    const forget = () => {
      if (near.destroyed && far.destroyed) connections.delete(pipes);
    };
    near.on("close", forget);
    far.on("close", forget);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  function cut(): void {
    isCut = true;
    for (const one of connections) one.destroy();
  }

  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return asked;
    },
    cut,
    cutNextAnswer() {
      isNextCut = true;
    },
    get cutAnswers() {
      return cutAnswers;
    },
    hold(way) {
      held.add(way);
      for (const one of connections) one[way].hold();
    },
    get keptAnswers() {
      return [...connections].reduce((sum, { answers }) => sum + answers.kept, 0);
    },
    heal(what = "late") {
      isCut = false;
      held.clear();
      for (const { requests, answers } of connections) {
        requests.heal(what);
        answers.heal(what);
      }
    },
    close() {
      cut();
      server.close();
    },
  };
}
