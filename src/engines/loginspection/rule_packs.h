// Rule packs: folders of decoders, rules, lists and Sigma rules with a manifest, sample lines, and what makes them fit
// a host.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engines/loginspection/definition.h"
#include "engines/loginspection/rule.h"

namespace warder::loginspection {

/// One line, and what must come of it.
struct Sample {
  std::string line;
  std::size_t repeat = 1;    // it is given so often
  bool is_judged = false;    // false: it only comes before the one that is
  bool is_negative = false;  // the rule must not be what matches
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t at = 0;  // line of the sample file
};

/// The samples of one rule. The engine starts anew behind each sample that is judged.
struct RuleSamples {
  std::uint32_t rule = 0;
  std::vector<Sample> samples;
};

/// The text of samples.txt: "[710101]" begins the samples of a rule; then "+ LINE" must match it, "- LINE" must not,
/// "= LINE" and "=8 LINE" (eight times) come before; "  srcip=192.0.2.7" below a line is a field that must come of it.
/// Lines that begin with # say nothing. Invalid with the number of the line.
Result<std::vector<RuleSamples>> parse_samples(std::string_view text);

/// What a pack looks for on a host; one that is there is enough.
struct FitsHosts {
  bool always = false;
  std::vector<std::string> packages;  // "openssh-server"; with wildcards
  std::vector<std::string> services;  // "ssh.service"
  std::vector<std::string> paths;     // "/var/log/nginx"
};

struct RulePack {
  std::string name;
  std::string version;
  std::string description;
  Dialect dialect = Dialect::Wazuh;
  std::uint32_t first_rule = 0;  // ids that are the pack's
  std::uint32_t last_rule = 0;
  std::vector<std::string> requires_packs;
  std::vector<std::string> sources;  // "syslog /var/log/auth.log": what its rules are for
  FitsHosts fits;
  std::vector<SourceText> decoders;  // in name order; names are "pack/file"
  std::vector<SourceText> rules;
  std::vector<SourceText> lists;
  std::vector<SourceText> sigma;
  std::vector<RuleSamples> samples;
};

/// pack.json, decoders*.xml, rules*.xml, lists/*, sigma/*.yml, samples.txt. Invalid, naming the file, when it cannot be
/// read.
Result<RulePack> read_rule_pack(const std::filesystem::path& folder);
/// Every sub-folder that has a pack.json, each behind those it requires and otherwise by name. A folder that is not
/// there has none.
Result<std::vector<RulePack>> read_rule_packs(const std::filesystem::path& folder);

/// Those named, with what they require, in the order of `packs`; all when none is named. NotFound for an unknown name.
Result<std::vector<const RulePack*>> choose_packs(std::span<const RulePack> packs, std::span<const std::string> names);
/// The texts of the packs of one dialect.
Definition define(std::span<const RulePack* const> packs, Dialect dialect);

/// What is known of a host, from its inventory.
struct HostFacts {
  std::set<std::string, std::less<>> packages;
  std::set<std::string, std::less<>> services;
  std::set<std::string, std::less<>> paths;
};
struct Recommendation {
  std::string pack;
  std::string reason;  // "package openssh-server"
};
/// The packs that fit, in the order of `packs`.
std::vector<Recommendation> recommend(std::span<const RulePack> packs, const HostFacts& facts);

struct SampleReport {
  std::size_t samples = 0;
  std::size_t rules = 0;
  std::vector<Problem> problems;  // also rules without a positive and a negative sample
};
/// Runs the samples of all packs through one engine made of all of them.
Result<SampleReport> test_samples(std::span<const RulePack> packs);

}  // namespace warder::loginspection
