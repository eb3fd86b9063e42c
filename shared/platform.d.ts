// The globals that Node and browsers have in common, as far as shared/ uses them. Neither platform's own types are
// loaded here, so what is not on this list does not compile: add a name only if both have it and it does no I/O.
// Ambient and never emitted; users of shared/ see their own platform's declarations instead.

declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean });
  decode(input?: ArrayBuffer | ArrayBufferView, options?: { readonly stream?: boolean }): string;
}

/** A number in browsers, an object in Node, where `timer.unref?.()` lets the process end while it waits. */
interface TimerHandle {
  unref?(): void;
}

declare function setTimeout(callback: () => void, milliseconds?: number): TimerHandle;
declare function clearTimeout(timer: TimerHandle | undefined): void;
/** Base64 to a string of one character for each byte, and back. */
declare function atob(data: string): string;
declare function btoa(data: string): string;

declare function queueMicrotask(callback: () => void): void;
declare const performance: { now(): number };
declare const crypto: { getRandomValues<T extends Uint8Array | Uint32Array>(array: T): T };

declare const console: Record<'debug' | 'info' | 'warn' | 'error', (...data: readonly unknown[]) => void>;

/**
 * msgpackr's declarations name it; without this line its results would quietly be `any`. A type only, never a value.
 */
interface Buffer extends Uint8Array<ArrayBuffer> {}
