// Takes out of an event what the tenant does not want collected, before anything is stored.
#pragma once

#include <span>
#include <string>

#include "base/bytes.h"
#include "manager/privacy/collection_rules.h"

namespace warder::manager {

/// Fields that are off go; users and addresses get their pseudonyms. The same value as a word of another field about
/// people in the same event (a user in a command line, an address in a log line) is replaced, too. Doing it twice is
/// doing it once.
void treat(Event& event, const CollectionRules& rules, ByteView pseudonym_key);

/// Takes these values out of every field about people, whole words as above. Whether there was one.
bool take_out(Event& event, std::span<const std::string> values);

}  // namespace warder::manager
