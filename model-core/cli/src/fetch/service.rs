//! Where the records and the files of the published models are.

use super::error::Error;
use super::http::Client;
use super::records::Record;

/// The collection from which Firefox takes its models.
const RECORDS: &str = "https://firefox.settings.services.mozilla.com/v1/buckets/main/collections/translations-models-v2/records";
/// The list has some thousand records of a kilobyte.
const MAX_RECORDS: u64 = 64 * 1024 * 1024;
const MAX_ROOT: u64 = 1024 * 1024;

/// Mozilla's service, or a mirror of it.
pub(super) struct Service {
    records: String,
    attachments: Option<String>,
}

impl Service {
    /// The service at other addresses where these are given.
    pub(super) fn new(records: Option<&str>, attachments: Option<&str>) -> Self {
        Self {
            records: records.unwrap_or(RECORDS).to_owned(),
            attachments: attachments.map(ToOwned::to_owned),
        }
    }

    /// For people: where the model came from.
    pub(super) fn origin(&self) -> &str {
        &self.records
    }

    /// All records.
    pub(super) fn records(&self, client: &Client) -> Result<Vec<Record>, Error> {
        let json = client.get(&self.records, MAX_RECORDS)?;
        Record::all(&json).map_err(|problem| Error::Records { url: self.records.clone(), problem })
    }

    /// The address below which the files lie. A Remote Settings service tells it at its root; the files of a mirror
    /// that is only a folder are expected beside its list.
    pub(super) fn attachments(&self, client: &Client) -> Result<String, Error> {
        if let Some(given) = &self.attachments {
            return Ok(given.clone());
        }
        let Some(at) = self.records.find("/v1/buckets/") else {
            let folder = self.records.rsplit_once('/').map_or("", |(folder, _)| folder);
            return Ok(folder.to_owned());
        };
        let root = &self.records[..at + "/v1/".len()];
        let answer: serde_json::Value =
            serde_json::from_slice(&client.get(root, MAX_ROOT)?).unwrap_or_default();
        answer["capabilities"]["attachments"]["base_url"]
            .as_str()
            .map(ToOwned::to_owned)
            .ok_or_else(|| Error::NoBase { url: root.to_owned() })
    }
}
