//! The same change of many Services.

use super::{Desk, once};
use app::backend::Problem;
use policy::access::Bulk;
use policy::plan::PlanDigest;
use policy::view::Caller;

impl Desk {
    pub(super) async fn change_many(&self, caller: &Caller, bulk: Bulk) -> Result<PlanDigest, Problem> {
        let state = self.read()?;
        let asked = once::compute(move || bulk.asked(&state.snapshot)).await?;
        self.make_plan(caller, asked.map_err(|error| Problem::Refused(format!("No plan can be made: {error}.")))?).await
    }
}
