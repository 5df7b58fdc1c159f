/** The body ended early because the client disconnected. */
export class ConnectionLost extends Error {
  constructor(
    message = "The connection was lost before the whole body arrived; send the request again.",
  ) {
    super(message);
    this.name = "ConnectionLost";
  }
}

/** Reading stopped because the body was slower than the minimum rate, or was buffered for too long. */
export class TooSlow extends ConnectionLost {
  constructor() {
    super("The body arrived too slowly; send the request again.");
    this.name = "TooSlow";
  }
}

/** Reading stopped because the isolate needs the memory for other requests. */
export class ServerBusy extends ConnectionLost {
  constructor() {
    super("The server has too many requests in memory; send the request again.");
    this.name = "ServerBusy";
  }
}
