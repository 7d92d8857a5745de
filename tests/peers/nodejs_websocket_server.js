// A server on npm's nodejs-websocket. NODEJS_WEBSOCKET is the package's folder,
// if it is not where node looks.
//
// Usage: node nodejs_websocket_server.js [--port N]
// With --port 0 the system chooses one. It ends when its input does.
'use strict';

const websocket = require(process.env.NODEJS_WEBSOCKET ?? 'nodejs-websocket');
const {announce, greeting, port, reply} = require('./conversation');

const server = websocket.createServer((connection) => {
  const extensions = connection.headers['sec-websocket-extensions'];
  console.log(`connected, offered extensions: ${extensions ?? 'none'}`);
  connection.sendText(JSON.stringify(greeting));
  connection.on('text', (text) => {
    const {toAll, answer, close} = reply(text);
    if (close) return connection.close(close.code, close.reason);
    const recipients = toAll ? server.connections : [connection];
    for (const recipient of recipients) {
      recipient.sendText(JSON.stringify(answer));
    }
  });
  connection.on('close', (code, reason) =>
    console.log(`closed: ${code} ${reason}`));
  connection.on('error', (error) => console.log(`error: ${error.message}`));
});
server.listen(port(), '127.0.0.1', () =>
  announce(server.socket.address().port));
