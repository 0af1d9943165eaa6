// What is known of a rule besides when it matches.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace warder::loginspection {

struct Rule {
  std::uint32_t id = 0;
  unsigned level = 0;  // 0 says nothing, 15 is the worst
  std::string description;
  std::vector<std::string> groups;
  std::vector<std::string> mitre;                          // ATT&CK ids
  std::vector<std::pair<std::string, std::string>> infos;  // kind (text, link, cve, osvdb) and text
  std::string file;
  std::size_t line = 0;
  bool is_logged = true;         // false: matches, but no alert is to be made (options no_log)
  bool is_full_log_kept = true;  // false: the alert should leave out the line itself (options no_full_log)
};

/// What is known of a Sigma rule.
struct SigmaRule {
  std::string id;  // UUID, or the correlation's name
  std::string title;
  std::string author;
  unsigned level = 0;  // on the scale of Rule::level: informational 2, low 4, medium 7, high 10, critical 13
  std::vector<std::string> tags;
  std::vector<std::string> mitre;
  std::string file;
  std::size_t line = 0;
};

}  // namespace warder::loginspection
