//! Plans of a text of YAML: of the access of many Services, and of client groups.

use super::{Desk, once};
use crate::documents::{self, File};
use app::backend::Problem;
use app::view::Imported;
use policy::access::GroupChange;
use policy::view::Caller;

impl Desk {
    /// Makes a plan of all Services of a text, and one of each client group, and keeps them. Where anything is wrong, all that is wrong is said,
    /// a line each, and no plan is made.
    pub(super) async fn import(&self, caller: &Caller, yaml: String) -> Result<Imported, Problem> {
        let state = self.read()?;
        let read = move || {
            let File { services, groups } = documents::of_both(&yaml).map_err(|faults| documents::in_lines(&faults))?;
            let count = services.len();
            let asked = if services.is_empty() { None } else { Some(documents::together(&state.snapshot, services)?) };
            Ok((groups, asked.map(|asked| (u64::try_from(count).unwrap_or(u64::MAX), asked))))
        };
        let (groups, asked) = once::compute(read).await?.map_err(Problem::Refused)?;
        let mut imported = Imported::default();
        for group in groups {
            let name = group.name.clone();
            let digest = self.make_plan(caller, GroupChange::of(group.name, Some(group.ranges)).into()).await?;
            imported.groups.push((name, digest));
        }
        if let Some((count, asked)) = asked {
            imported.services = Some((count, self.make_plan(caller, asked).await?));
        }
        Ok(imported)
    }
}
