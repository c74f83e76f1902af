import { STATUS_CODES, type ServerResponse } from "node:http";
import { type Answer, json } from "./answer.js";
import { gzipBomb } from "./gzip-bomb.js";
import { type Fault, keepsAnswer } from "./fault.js";
import type { MutableRequest } from "./journal.js";
import { pour } from "./pour.js";
import { answerHeaders, writeAnswer } from "./write-answer.js";

/** One request that meets a fault. */
export interface FaultScene {
  readonly fault: Fault;
  readonly res: ServerResponse;
  readonly record: MutableRequest;
  /** Lets the request have its effect and returns the endpoint's own answer. */
  perform(): Answer;
  /** Notion's body for an error status. */
  errorAnswer(status: number): Answer;
  /** Resolves after `ms`; with false when the emulator is closed meanwhile. */
  wait(ms: number): Promise<boolean>;
}

/** Plays a fault on a connection. Resolves when nothing more will be written. */
export async function playFault(scene: FaultScene): Promise<void> {
  const { fault, res, record } = scene;
  const early = fault.process === true ? scene.perform() : undefined;
  if (fault.delay !== undefined && !(await scene.wait(fault.delay))) return;
  const real = early ?? (keepsAnswer(fault) ? scene.perform() : undefined);
  if (fault.hang === true || fault.hang === "before_headers") return;
  if (fault.reset === true || fault.reset === "before") return reset(res);

  const answer = shapeAnswer(fault, real, scene);
  record.status = answer.status;
  if (res.destroyed) return;
  if (fault.hang === "after_headers") {
    res.writeHead(answer.status, { ...answerHeaders(answer, record.requestId), "content-length": 64 });
    res.flushHeaders();
  } else if (fault.reset === "in_headers") {
    record.status = 0;
    res.socket?.write(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? "Unknown"}\r\nContent-Ty`);
    await resetSoon(scene);
  } else if (fault.reset === "in_body") {
    const body = Buffer.from(answer.body);
    res.writeHead(answer.status, { ...answerHeaders(answer, record.requestId), "content-length": body.length + 1 });
    res.write(body.subarray(0, Math.ceil(body.length / 2)));
    await resetSoon(scene);
  } else if (fault.reset === "after") {
    writeAnswer(res, answer, record.requestId);
    await resetSoon(scene);
  } else if (fault.drip !== undefined) {
    const body = Buffer.from(answer.body);
    res.writeHead(answer.status, { ...answerHeaders(answer, record.requestId), "content-length": body.length });
    res.flushHeaders();
    for (const byte of body) {
      if (!(await scene.wait(fault.drip)) || res.destroyed) return;
      res.write(Uint8Array.of(byte));
    }
    res.end();
  } else if (fault.endless === true) {
    res.writeHead(answer.status, answerHeaders(answer, record.requestId));
    await pour(res, Number.POSITIVE_INFINITY);
  } else if (fault.size !== undefined) {
    res.writeHead(answer.status, { ...answerHeaders(answer, record.requestId), "content-length": fault.size });
    res.write('{"padding":"'.slice(0, fault.size));
    await pour(res, fault.size - '{"padding":""}'.length);
    res.end('"}'.slice(0, Math.max(0, fault.size - '{"padding":"'.length)));
  } else {
    writeAnswer(res, answer, record.requestId);
  }
}

/** The answer as the fault wants it: the real one, the given one, or Notion's usual one for the given status. */
function shapeAnswer(fault: Fault, real: Answer | undefined, scene: FaultScene): Answer {
  const base = baseAnswer(fault, real, scene);
  const headers: Record<string, string | readonly string[]> = { ...base.headers };
  if (fault.redirect !== undefined) {
    headers.location = typeof fault.redirect === "string" ? fault.redirect : fault.redirect.location;
  }
  if (fault.retryAfter !== undefined) {
    headers["retry-after"] = [fault.retryAfter].flat().map(String);
  }
  for (const [name, value] of Object.entries(fault.headers ?? {})) headers[name.toLowerCase()] = value;
  return { ...base, headers };
}

function baseAnswer(fault: Fault, real: Answer | undefined, scene: FaultScene): Answer {
  const redirectStatus = typeof fault.redirect === "object" ? (fault.redirect.status ?? 302) : 302;
  const status = fault.status ?? (fault.redirect === undefined ? real?.status : redirectStatus) ?? 200;
  if (fault.body !== undefined) return { status, ...given(fault.body) };
  if (fault.bomb !== undefined && fault.bomb !== false) {
    const body = gzipBomb(fault.bomb === true ? 100 * 1024 * 1024 : fault.bomb);
    return { status, headers: { "content-type": "application/json", "content-encoding": "gzip" }, body };
  }
  if (fault.redirect !== undefined || status === 204 || status === 304) return { status, headers: {}, body: "" };
  if (fault.status !== undefined && status >= 400) return scene.errorAnswer(status);
  if (real !== undefined) return { ...real, status };
  return json(status, { request_id: scene.record.requestId });
}

function given(body: string | Uint8Array | object): Omit<Answer, "status"> {
  if (body instanceof Uint8Array) return { headers: { "content-type": "application/octet-stream" }, body };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = text.trimStart().startsWith("<") ? "text/html; charset=utf-8" : "application/json; charset=utf-8";
  return { headers: { "content-type": type }, body: text };
}

function reset(res: ServerResponse): void {
  res.socket?.resetAndDestroy();
}

/** A reset overtakes bytes that are still on their way, so they get a moment. */
async function resetSoon(scene: FaultScene): Promise<void> {
  const { socket } = scene.res;
  await scene.wait(20);
  socket?.resetAndDestroy();
}
