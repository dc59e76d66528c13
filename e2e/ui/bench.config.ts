import tests from './playwright.config';

// The budgets of the interface, measured by hand (`make bench-ui`): what is a
// fifth over fails. Recording would cost the page more than the page does.
export default { ...tests, testDir: 'bench', timeout: 300_000, reporter: [['line']], use: { ...tests.use, trace: 'off' as const } };
