// The vendor's command line knows one address only: this leads it to another.
const axios = require("axios");
const create = axios.create;
axios.create = (config) => create({ ...config, baseURL: config.baseURL.replace("https://api.rollbar.com", process.env.ROLLBAR_HOST) });
