// What an engine is made from: texts of decoder files, rule files, lists and Sigma rules, and what reading them found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace warder::loginspection {

/// The two languages differ: OSSEC's `frequency="N"` asks for N + 2 events, Wazuh's for N; PCRE2 ignores case in OSSEC
/// and minds it in Wazuh. A text does not say which it is, so whoever loads it must.
enum class Dialect : std::uint8_t { Ossec, Wazuh };

struct SourceText {
  std::string name;  // shown in problems; a list is found by it: "etc/lists/audit-keys"
  std::string text;
};

/// Order counts: a rule sees only parents and groups of files before its own.
struct Definition {
  Dialect dialect = Dialect::Wazuh;
  std::vector<SourceText> decoders;
  std::vector<SourceText> rules;
  std::vector<SourceText> lists;  // "key:value" lines
  std::vector<SourceText> sigma;  // YAML, one or more documents each
};

/// Something wrong in a text. What an error concerns (a rule, a decoder, or a file that cannot be read) is left out; a
/// warning changes nothing.
struct Problem {
  std::string file;
  std::size_t line = 0;  // from 1; 0 where there is none
  std::string message;
  bool is_error = true;
};
/// "rules.xml:12: rule 100001: no description".
std::string to_string(const Problem& problem);

}  // namespace warder::loginspection
