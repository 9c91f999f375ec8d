// The exports of the build whose harts run at the same time: the machine's, and those of workers.
export * from "./machine";
export { dismiss, failed, serve, setWorkers } from "./parallel/schedule";
export { WORKERS_MAX } from "./parallel/state";
