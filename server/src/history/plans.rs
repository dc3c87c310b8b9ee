//! Plans, by digest.

use super::{History, HistoryError};
use crate::clock::Time;
use policy::plan::{Plan, PlanDigest};
use policy::view::{Caller, RevisionId};

/// A plan as it was made last.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPlan {
    /// The plan.
    pub plan: Plan,
    /// When somebody asked for it last.
    pub made: Time,
    /// The revision it goes back to, where that was what was asked for.
    pub roll_back_to: Option<RevisionId>,
}

impl History {
    /// Keeps a plan, and that `caller` asked for it.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_plan(&self, plan: &Plan, caller: &Caller, roll_back_to: Option<RevisionId>) -> Result<(), HistoryError> {
        let json = self.to_json("plan", plan)?;
        let mut tx = self.writer.begin().await.map_err(|e| self.failed(e))?;
        sqlx::query("INSERT INTO plans (digest, plan) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING")
            .bind(plan.digest.as_str())
            .bind(json)
            .execute(&mut *tx)
            .await
            .map_err(|e| self.failed(e))?;
        sqlx::query("INSERT INTO plan_requests (plan, caller_id, caller_name, at, roll_back_to) VALUES (?, ?, ?, ?, ?)")
            .bind(plan.digest.as_str())
            .bind(&caller.id)
            .bind(&caller.name)
            .bind(self.clock.now().0)
            .bind(roll_back_to.map(|r| r.0))
            .execute(&mut *tx)
            .await
            .map_err(|e| self.failed(e))?;
        tx.commit().await.map_err(|e| self.failed(e))
    }

    /// The plan with this digest.
    ///
    /// # Errors
    /// The database cannot be read, or the row is broken.
    pub async fn plan(&self, digest: &PlanDigest) -> Result<Option<StoredPlan>, HistoryError> {
        let row = sqlx::query(
            "SELECT p.plan, q.at, q.roll_back_to FROM plans p JOIN plan_requests q ON q.plan = p.digest \
             WHERE p.digest = ? ORDER BY q.id DESC LIMIT 1",
        )
        .bind(digest.as_str())
        .fetch_optional(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        let Some(row) = row else { return Ok(None) };
        let row = self.reading(&row, "plan");
        Ok(Some(StoredPlan {
            plan: row.json("plan")?,
            made: row.time("at")?,
            roll_back_to: row.get::<Option<i64>>("roll_back_to")?.map(RevisionId),
        }))
    }
}
