/** How to come by TensorFlow.js's native backend, for `doctor` and hints. */
export const NATIVE_ADVICE =
  "Faster: npm install @tensorflow/tfjs-node@4.22.0 where its install script may run and download libtensorflow.";
