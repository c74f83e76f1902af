export { bullmqQueue } from "./bullmq-queue.js";
export type { BullmqQueueOptions } from "./options.js";
