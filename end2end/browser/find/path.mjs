// Places in the picture of the ways to a Service.

export const picture = (page) => page.locator('svg.picture');
export const lines = (page) => picture(page).locator('a');
export const panel = (page) => page.getByRole('region', { name: 'The selected line' });
export const rows = (page) => page.locator('table.ways tbody tr');
