export class Cart {
  constructor(items) {
    this.items = items;
  }

  total(rates) {
    let sum = 0;
    for (const item of this.items) {
      sum += item.price * rates[item.kind].factor;
    }
    return sum;
  }
}
