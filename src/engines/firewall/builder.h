// Puts a program together, chain by chain.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engines/firewall/compile.h"
#include "engines/firewall/variants.h"

namespace warder::firewall {

/// Chains are made first and filled later, so that steps can name them.
class Builder {
 public:
  explicit Builder(Compiled& compiled) : compiled_(compiled), program_(compiled.program) {}

  void build();

 private:
  std::size_t add_chain(Chain chain);
  std::size_t add_plain_chain(std::string name, Direction direction);
  std::vector<Step>& steps(std::size_t chain) { return program_.chains[chain].steps; }
  void add(std::size_t chain, Tests tests, Ending ending, std::optional<LogEntry> log = std::nullopt);
  void drop(std::size_t chain, Tests tests, Stage stage, Code code, bool is_enforced_in_tap = false);
  void accept(std::size_t chain, Tests tests, Stage stage);
  [[nodiscard]] std::optional<LogEntry> refusal(Code code) const;

  // builder.cc: what surrounds the rules
  void build_fragments();
  void build_early();
  void build_recon();  // builder_recon.cc
  void add_ignored(std::size_t chain, Direction direction);
  void add_isolation(std::size_t chain, Direction direction);
  void add_interface_isolation(std::size_t chain, Direction direction);
  void add_always(std::size_t chain, Direction direction);
  void add_manager(std::size_t chain, Direction direction);
  void add_dhcp(std::size_t chain, Direction direction);
  void add_link_frames(Table table);
  void add_ftp_helper(std::size_t chain, Direction direction);
  void add_probes(std::size_t chain);
  void add_targets(std::size_t chain);
  void observe(std::size_t chain, Tests tests, std::uint32_t per_second);

  // builder_stateful.cc: checks, connections, limits
  void add_checks(std::size_t chain);
  void add_stateful(std::size_t chain, Direction direction);
  void add_established(std::size_t chain, Direction direction);
  void add_ack_storm(std::size_t chain);
  void add_limits(std::size_t chain, Direction direction);
  void add_half_open(std::size_t chain);

  // builder_rules.cc: the rules themselves
  void build_direction(Direction direction);
  void build_pass_chains(Direction direction);
  void build_allow_chain(Direction direction);
  void add_group(std::size_t chain, Direction direction, std::uint8_t priority, RuleAction action);
  void add_rule(std::size_t chain, int rule, const Tests& tests);
  Step rule_step(int rule, Tests tests);
  std::size_t outcome_chain(int rule);
  [[nodiscard]] bool has_rules(Direction direction, RuleAction action) const;
  Ending pass(Direction direction, unsigned at_least, Stage stage) const;

  void add_lookups(std::size_t chain, std::vector<std::pair<int, Tests>>& variants);
  void add_lookup(std::size_t chain, Lookup lookup);

  Compiled& compiled_;
  Program& program_;
  std::map<std::pair<Direction, unsigned>, std::size_t> pass_chains_;  // by the least priority of log-only rules
  std::map<Direction, std::size_t> allow_chains_;
  std::map<std::string, std::size_t> outcomes_;
  std::size_t lookups_ = 0;
  std::optional<std::size_t> recon_chain_;
};

}  // namespace warder::firewall
