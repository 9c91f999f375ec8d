// The exports of the build with the timing model: the machine's, and the model's.
export * from "./machine";
export {
  ACCESS_FETCH,
  ACCESS_LOAD,
  ACCESS_STORE,
  ACCESS_WALK,
  ACCESS_WALK_STORE,
} from "./timing/coherence";
export * from "./timing/counters";
export {
  bucketAddress,
  buckets,
  bucketsUsed,
  checkModel,
  countersAddress,
  isTiming,
  lineState,
  modelAccess,
  modelBytes,
  modelFault,
  nodeTrafficAddress,
  restartBuckets,
  setModelChecks,
  setTiming,
  settleCounters,
  trapCountsAddress,
} from "./timing/model";
export * from "./timing/parameters";
