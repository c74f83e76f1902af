import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Answer } from "../http/answer.js";
import { answerHeaders, writeAnswer } from "../http/write-answer.js";
import type { MutableRequest } from "../journal.js";
import { type Fault, keepsAnswer } from "./fault.js";
import { pour } from "./pour.js";
import { shapeAnswer } from "./shape-answer.js";

/** One request that meets a fault. */
export interface FaultScene {
  readonly fault: Fault;
  readonly res: ServerResponse;
  readonly record: MutableRequest;
  /** Lets the request have its effect and returns the endpoint's own answer. */
  perform(): Answer;
  /** Notion's answer with an error status. */
  errorAnswer(status: number): Answer;
  /** Resolves after `ms`; with false when the emulator is closed meanwhile. */
  wait(ms: number): Promise<boolean>;
}

/** Plays a fault on a connection. Resolves when nothing more will be written. */
export async function playFault(scene: FaultScene): Promise<void> {
  const { fault, res, record } = scene;
  const early = fault.process === true ? scene.perform() : undefined;
  if (typeof fault.delay === "function") await fault.delay();
  else if (fault.delay !== undefined && !(await scene.wait(fault.delay))) return;
  // A late answer has a late effect, whether or not anybody still waits for it.
  const real = early ?? (keepsAnswer(fault) ? scene.perform() : undefined);
  if (res.destroyed || fault.hang === true || fault.hang === "before_headers") return;
  if (fault.reset === true || fault.reset === "before") {
    res.socket?.resetAndDestroy();
    return;
  }
  const { requestId } = record;
  const answer = shapeAnswer(fault, { real, requestId, errorAnswer: scene.errorAnswer });
  if (fault.reset === "in_headers") {
    res.socket?.write(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? "Unknown"}\r\nContent-Ty`);
    return resetSoon(scene);
  }
  record.status = answer.status;
  return deliver(scene, answer);
}

async function deliver(scene: FaultScene, answer: Answer): Promise<void> {
  const { fault, res, record } = scene;
  const headers = answerHeaders(answer, record.requestId);
  const body = Buffer.from(answer.body);
  if (fault.hang === "after_headers") {
    res.writeHead(answer.status, { ...headers, "content-length": body.length + 1 });
    res.flushHeaders();
    return;
  }
  if (fault.reset === "in_body") {
    res.writeHead(answer.status, { ...headers, "content-length": body.length + 1 });
    res.write(body.subarray(0, Math.ceil(body.length / 2)));
    return resetSoon(scene);
  }
  if (fault.endless === true) {
    res.writeHead(answer.status, headers);
    return pour(res, Number.POSITIVE_INFINITY);
  }
  if (fault.size !== undefined) return deliverPadding(scene, answer, fault.size);
  if (fault.drip !== undefined) return drip(scene, answer, body, fault.drip);
  writeAnswer(res, answer, record.requestId);
  if (fault.reset === "after") await resetSoon(scene);
}

async function deliverPadding({ res, record }: FaultScene, answer: Answer, size: number): Promise<void> {
  const head = '{"padding":"';
  const tail = '"}';
  res.writeHead(answer.status, { ...answerHeaders(answer, record.requestId), "content-length": size });
  res.write(head.slice(0, size));
  await pour(res, size - head.length - tail.length);
  res.end(tail.slice(0, Math.max(0, size - head.length)));
}

async function drip({ res, record, wait }: FaultScene, answer: Answer, body: Buffer, pause: number): Promise<void> {
  res.writeHead(answer.status, { ...answerHeaders(answer, record.requestId), "content-length": body.length });
  res.flushHeaders();
  for (const byte of body) {
    if (!(await wait(pause)) || res.destroyed) return;
    res.write(Uint8Array.of(byte));
  }
  res.end();
}

/** A reset overtakes bytes that are still on their way, so they get a moment. */
async function resetSoon({ res, wait }: FaultScene): Promise<void> {
  const { socket } = res;
  await wait(20);
  socket?.resetAndDestroy();
}
