import Rollbar from 'rollbar';
import { Cart } from './cart.js';

const said = new URLSearchParams(location.search);

new Rollbar({
  accessToken: said.get('token'),
  endpoint: said.get('endpoint'),
  captureUncaught: true,
  payload: { environment: 'production', client: { javascript: { source_map_enabled: true, code_version: said.get('version') } } },
});

function checkout(user) {
  const cart = new Cart(user.items);
  document.title = 'to pay: ' + cart.total({ hat: { factor: 2 } });
}

setTimeout(function pay() {
  checkout({ items: [{ price: 3, kind: 'hat' }, { price: 4, kind: 'shoe' }] });
}, 100);
