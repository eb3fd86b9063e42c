/** What a client offers in the WebSocket handshake (PROTOCOL.md sections 2 and 9). */

export const SUBPROTOCOL = 'spoolpipe.v1';

/** A browser cannot set headers: its token travels as a second subprotocol, this prefix and the token in base64url. */
export const BEARER_PREFIX = 'spoolpipe.bearer.';
