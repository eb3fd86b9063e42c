/**
 * `Disposable`, declared as @types/node declares it. Node 20 and current browsers have the symbols but not
 * `DisposableStack`, so the lib "esnext.disposable", which promises both, stays off. Unlike platform.d.ts this is
 * emitted: whoever names these types in a public declaration imports this file, so that it also compiles for users who
 * have neither that lib nor Node's types.
 */
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }

  interface Disposable {
    [Symbol.dispose](): void;
  }

  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
}

export {};
