// A server on npm's graphql-ws and ws: the subprotocol graphql-transport-ws.
// NODE_PATH is where its packages are.
//
// Usage: node graphql_ws_server.js [--port N]
// With --port 0 the system chooses one. `connection_init` must have the payload
// {"token": "let me in"}; otherwise the server closes with 4403. It ends when
// its input does.
'use strict';

const {buildSchema} = require('graphql');
const {useServer} = require('graphql-ws/use/ws');
const {WebSocketServer} = require('ws');
const {announce, port} = require('../conversation');

const schema = buildSchema(`
  type Query { greeting: String! }
  type Subscription { countTo(limit: Int!): Int! }
`);
const roots = {
  query: {greeting: () => '你好'},
  subscription: {
    countTo: async function* ({limit}) {
      for (let number = 1; number <= limit; number++) yield {countTo: number};
    },
  },
};

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: port(),
  perMessageDeflate: {threshold: 0},
});
useServer({
  schema,
  roots,
  onConnect: ({connectionParams}) => connectionParams?.token === 'let me in',
}, server);
server.on('listening', () => announce(server.address().port));
