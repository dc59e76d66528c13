// Queries to begin with.
export const examples: readonly { name: string; query: string }[] = [
  { name: 'The newest lines', query: 'fields @timestamp, @message, @logStream\n| sort @timestamp desc\n| limit 100' },
  { name: 'Errors over time', query: 'filter severity in ["error", "fatal"]\n| stats count(*) as errors by bin(5m)' },
  { name: 'Lines by service over time', query: 'stats count(*) as lines by service.name, bin(1m)' },
  {
    name: 'The most frequent errors',
    query: 'filter severity = "error"\n| stats count(*) as times, latest(@timestamp) as last by @message\n| sort times desc\n| limit 20',
  },
  {
    name: 'Parts of a text',
    query: 'parse @message /took=(?<took>[\\d.]+)ms/\n| filter ispresent(took)\n| stats avg(took), pct(took, 95), max(took) by bin(5m)',
  },
  {
    name: 'Who logs most',
    query: 'stats count(*) as lines, sum(strlen(@message)) as characters by @log, @logStream\n| sort characters desc\n| limit 20',
  },
];
