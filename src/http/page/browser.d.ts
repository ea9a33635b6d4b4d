/// <reference lib="dom" />

// The page's code runs in a browser, so its types are those of one. They are known to all of src
// then, and hide what Bun adds to a stream; that is said again here.
interface ReadableStream {
  text(): Promise<string>;
}
