//! Stages: named sets of documents, policies, plans, mocks and canaries in the settings, of which one is
//! served. To promote another, or to go back, is to change one name; `gateway` takes it over as all
//! settings.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{BadSetting, Config, PlanConfig, canary::CanaryConfig};

/// One stage. What it does not say is as in the settings beside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StageConfig {
    /// The folder of its documents.
    pub documents: Option<String>,
    /// What the documents are, by service: the SHA-256 of each file in hexadecimal. Others are refused.
    pub digests: BTreeMap<String, String>,
    /// The folder of its policies.
    #[schema(value_type = String)]
    pub policies: Option<PathBuf>,
    /// Its plans.
    pub plans: Option<BTreeMap<String, PlanConfig>>,
    /// Its mocks.
    pub mocks: Option<Vec<String>>,
    /// New versions beside the services, by service: each gets some of the callers.
    pub canaries: BTreeMap<String, CanaryConfig>,
}

impl Config {
    /// These settings as the stage that they name has them.
    pub fn staged(mut self) -> Result<Self, BadSetting> {
        let Some(stage) = self.stages.get(&self.stage).cloned() else {
            if self.stage.is_empty() {
                return Ok(self);
            }
            let known: Vec<_> = self.stages.keys().map(String::as_str).collect();
            let known = known.join(", ");
            return Err(BadSetting(format!(
                "stage: expected one of the stages ({known}), not `{}`",
                self.stage
            )));
        };
        self.documents = stage.documents.unwrap_or(self.documents);
        self.policies = stage.policies.unwrap_or(self.policies);
        self.plans = stage.plans.unwrap_or(self.plans);
        self.mocks = stage.mocks.unwrap_or(self.mocks);
        Ok(self)
    }

    /// What the stage says of the service's document, if it says anything.
    pub(crate) fn digest(&self, service: &str) -> Option<&String> {
        self.stages.get(&self.stage)?.digests.get(service)
    }

    /// The canaries of the stage.
    pub(crate) fn canaries(&self) -> impl Iterator<Item = (&String, &CanaryConfig)> {
        let stage = self.stages.get(&self.stage);
        stage.into_iter().flat_map(|stage| &stage.canaries)
    }
}
