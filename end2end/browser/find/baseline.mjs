// Places of the baseline, on the page of the cluster.

export const section = (page) => page.locator('#baseline');
export const fact = (page, name) => section(page).locator('dl.facts div').filter({ hasText: name }).locator('dd');
export const hostEndpoints = (page) => section(page).getByRole('combobox', { name: 'On which HostEndpoints' });
export const networkInterface = (page) => section(page).getByRole('textbox', { name: 'Interface' });
export const button = (page, name) => section(page).getByRole('button', { name });
