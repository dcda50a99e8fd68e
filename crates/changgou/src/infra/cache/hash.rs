//! Hashes of short texts. Operations that depend on the current value are scripts, which Redis runs
//! atomically.

use redis::Cmd;

use super::command::CommandRetry;
use super::{Cache, CacheError};

/// Sets a field if it has the value that the caller read and the hash is not full.
const SET: &str = "\
local now = redis.call('HGET', KEYS[1], ARGV[1])
if now ~= (ARGV[2] ~= '' and ARGV[2]) then return 'changed' end
if not now and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 'done'";

/// Removes each field whose value contains the given mark.
const DELETE_MARKED: &str = "\
local dropped = 0
for at = 1, #ARGV, 2 do
  local now = redis.call('HGET', KEYS[1], ARGV[at])
  if now and string.find(now, ARGV[at + 1], 1, true) then
    dropped = dropped + redis.call('HDEL', KEYS[1], ARGV[at])
  end
end
return dropped";

/// The fields to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashFields {
    /// All of them.
    All,
    /// Those of these names.
    Of(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOutcome {
    Done,
    /// The field has another value now; nothing was set.
    Changed,
    /// The hash is full; nothing was set.
    Full,
}

impl Cache {
    /// The fields of these hashes in one round trip. Missing fields are omitted.
    pub async fn hash_fields(
        &self,
        wanted: &[(String, HashFields)],
    ) -> Result<Vec<Vec<(String, String)>>, CacheError> {
        let commands: Vec<Cmd> = wanted.iter().map(|(key, which)| self.fields_command(key, which)).collect();
        let answers: Vec<Vec<Option<String>>> = self.send_each(&commands, CommandRetry::Harmless).await?;
        let both = wanted.iter().zip(answers);
        Ok(both.map(|((_, which), answer)| named(which, answer)).collect())
    }

    fn fields_command(&self, key: &str, which: &HashFields) -> Cmd {
        match which {
            HashFields::All => self.command("HGETALL", key),
            HashFields::Of(names) => {
                let mut command = self.command("HMGET", key);
                command.arg(names);
                command
            }
        }
    }

    pub async fn count_fields(&self, key: &str) -> Result<i64, CacheError> {
        self.send(self.command("HLEN", key), CommandRetry::Harmless).await
    }

    /// Sets a field to `text` if its value is `seen` (`None`: missing) and the hash then has at most
    /// `most` fields.
    pub async fn set_field(
        &self,
        (key, field): (&str, &str),
        seen: Option<&str>,
        text: &str,
        most: usize,
    ) -> Result<SetOutcome, CacheError> {
        let mut command = self.script(SET, key);
        command.arg(field).arg(seen.unwrap_or_default()).arg(text).arg(most);
        match self.send::<String>(command, CommandRetry::Never).await?.as_str() {
            "done" => Ok(SetOutcome::Done),
            "changed" => Ok(SetOutcome::Changed),
            "full" => Ok(SetOutcome::Full),
            other => Err(CacheError::Refused(other.to_owned())),
        }
    }

    /// Overwrites fields.
    pub async fn set_fields(&self, all: &[(String, Vec<(String, String)>)]) -> Result<(), CacheError> {
        let set = |(key, fields): &(String, Vec<(String, String)>)| {
            let mut command = self.command("HSET", key);
            command.arg(fields);
            command
        };
        let commands: Vec<Cmd> = all.iter().map(set).collect();
        self.send_each::<i64>(&commands, CommandRetry::Harmless).await.map(drop)
    }

    /// A missing field is not an error.
    pub async fn delete_field(&self, key: &str, field: &str) -> Result<(), CacheError> {
        let mut command = self.command("HDEL", key);
        command.arg(field);
        self.send::<i64>(command, CommandRetry::Harmless).await.map(drop)
    }

    /// Removes the fields whose value contains the given mark, in one round trip for all hashes.
    pub async fn delete_marked_fields(
        &self,
        all: &[(String, Vec<(String, String)>)],
    ) -> Result<(), CacheError> {
        let one = |(key, fields): &(String, Vec<(String, String)>)| {
            let mut command = self.script(DELETE_MARKED, key);
            for (field, mark) in fields {
                command.arg(field).arg(mark);
            }
            command
        };
        let commands: Vec<Cmd> = all.iter().map(one).collect();
        self.send_each::<i64>(&commands, CommandRetry::Harmless).await.map(drop)
    }
}

/// Pairs of name and text: `HGETALL` returns the names, `HMGET` does not.
fn named(which: &HashFields, answer: Vec<Option<String>>) -> Vec<(String, String)> {
    match which {
        HashFields::All => {
            let mut flat = answer.into_iter().flatten();
            std::iter::from_fn(|| Some((flat.next()?, flat.next()?))).collect()
        }
        HashFields::Of(names) => {
            let both = names.iter().zip(answer);
            both.filter_map(|(name, text)| Some((name.clone(), text?))).collect()
        }
    }
}
