/** What TensorFlow.js may be told to compute on; apart from it, so that command lines can be read without loading it. */
export const BACKEND_WISHES = ["auto", "native", "wasm"] as const;
export type BackendWish = (typeof BACKEND_WISHES)[number];
