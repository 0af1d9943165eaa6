// Rules on transactions: each is judged when its patterns were found in a buffer, and again until all of its buffers
// are there.
#include <algorithm>

#include "engines/ips/app/file.h"
#include "engines/ips/detector.h"

namespace warder::ips {

namespace {

constexpr std::size_t kMaxInstances = 4096;
constexpr std::size_t kOverlap = 64;  // of a stream scanned in pieces: longer than any pattern

bool has_only_negated(const BufferPart& part) {
  return std::ranges::all_of(part.items, [](const MatchItem& item) {
    if (const auto* const content = std::get_if<Content>(&item.item)) return content->is_negated;
    if (const auto* const pcre = std::get_if<Pcre>(&item.item)) return pcre->is_negated;
    if (const auto* const test = std::get_if<IsDataAt>(&item.item)) return test->is_negated;
    return false;
  });
}

/// Which side of the transaction a part looks at: that of the packet, but a => rule sees both.
app::Direction side_of(const Rule& rule, const BufferKey& key, app::Direction direction) {
  if (key.side) return *key.side;
  if (rule.is_transactional && !app::has_side(app::row(key.buffer).sides, direction)) return app::opposite(direction);
  return direction;
}

}  // namespace

struct Detector::Pending {
  RuleIndex rule = 0;
  bool is_from_pattern = false;
  bool has_header = false;
  bool is_decided = false;
  std::uint64_t matched = 0;  // parts, then the other conditions, by place
};

class Detector::TransactionMemory : public app::InspectionMemory {
 public:
  struct Side {
    app::Protocol protocol = app::Protocol::Unknown;  // what its rules are for
    std::uint32_t revision = 0;
    bool has_begun = false;
    bool is_done = false;
    std::vector<bool> scanned;           // by place in TransactionRules::groups
    std::vector<std::size_t> inspected;  // bytes of a growing buffer that were scanned
    std::vector<Pending> pending;
  };
  std::array<Side, 2> sides;
  const RuleSet* rules = nullptr;                     // that it was made with
  std::vector<std::pair<RuleIndex, Direction>> hits;  // rules that have alerted and may become candidates again
};

bool Detector::scan_group(std::uint16_t group, app::Transaction& transaction, Direction direction,
                          std::size_t& inspected) {
  const auto& key = rules_->groups()[group].key;
  const bool is_final = transaction.is_complete(direction);
  const bool is_multiple = app::row(key.buffer).is_multiple;
  for (std::size_t instance = 0; instance < kMaxInstances; ++instance) {
    const auto view = transaction.buffer(key.buffer, direction, instance);
    // Behind the last of several: another may come, and a file may grow.
    if (view.state == app::BufferState::Absent) return instance == 0 || is_final;
    if (view.state == app::BufferState::Pending) return is_final;
    if (!key.transforms.empty()) {
      scan(group, ips::apply(key.transforms, view.bytes), 0);
    } else if (is_multiple && (instance > 0 || !app::row(key.buffer).is_stream)) {
      scan(group, view.bytes, 0);
    } else {
      const auto from = std::min(inspected, view.bytes.size());
      const auto old = std::min(from, kOverlap);
      scan(group, view.bytes.subspan(from - old), old);
      inspected = view.bytes.size();
    }
    const bool is_whole = is_final || view.state == app::BufferState::Complete;
    if (!is_multiple) return is_whole;
  }
  return is_final;
}

Detector::Answer Detector::judge_part(const BufferPart& part, app::Transaction& transaction, Direction direction) {
  const auto& row = app::row(part.key.buffer);
  const bool is_final = transaction.is_complete(direction);
  const bool waits_for_whole = has_only_negated(part);
  for (std::size_t instance = 0; instance < kMaxInstances; ++instance) {
    auto view = transaction.buffer(part.key.buffer, direction, instance);
    if (view.state == app::BufferState::Pending && is_final) view.state = app::BufferState::Absent;
    if (view.state == app::BufferState::Absent) {
      return instance == 0 && (part.must_be_absent || part.may_be_absent) ? Answer::Yes
             : is_final                                                   ? Answer::No
             : instance == 0 || !row.is_multiple                          ? Answer::No
                                                                          : Answer::Wait;
    }
    if (view.state == app::BufferState::Pending) return Answer::Wait;
    if (part.must_be_absent) return Answer::No;
    const bool is_whole = is_final || view.state == app::BufferState::Complete;
    if ((is_whole || !waits_for_whole) && part_matches(part, view.bytes, is_whole)) return Answer::Yes;
    if (!row.is_multiple) return is_whole ? Answer::No : Answer::Wait;
  }
  return is_final ? Answer::No : Answer::Wait;
}

Detector::Answer Detector::judge_number(const NumberPart& part, app::Transaction& transaction, Direction direction) {
  for (std::size_t instance = 0; instance < kMaxInstances; ++instance) {
    const auto value = transaction.number(part.number, direction, instance);
    if (!value) break;
    if (part.comparison.matches(*value)) return Answer::Yes;
  }
  return transaction.is_complete(direction) ? Answer::No : Answer::Wait;
}

Detector::Answer Detector::judge_file(const FilePart& part, app::Transaction& transaction, Direction direction) {
  for (const auto& file : transaction.files(direction)) {
    if (part.kind == FilePart::Kind::Size) {
      if (file->state() != app::File::State::Open
              ? part.size.matches(file->size())
              : part.size.lowest() <= file->size() && part.size.highest() == UINT64_MAX) {
        return Answer::Yes;
      }
      continue;
    }
    const auto& digest = part.kind == FilePart::Kind::Md5    ? file->md5()
                         : part.kind == FilePart::Kind::Sha1 ? file->sha1()
                                                             : file->sha256();
    if (!digest.empty() && std::ranges::binary_search(*part.digests, digest) != part.is_negated) return Answer::Yes;
  }
  return transaction.is_complete(direction) ? Answer::No : Answer::Wait;
}

Detector::Answer Detector::judge_events(const Rule& rule, app::Transaction& transaction, Direction direction) {
  for (const auto& event : rule.events) {
    if (!transaction.has_event(event.event)) return transaction.is_complete(direction) ? Answer::No : Answer::Wait;
  }
  return Answer::Yes;
}

Detector::Answer Detector::judge(const Rule& rule, Pending& pending, Inspection& inspection, app::Protocol protocol,
                                 app::Transaction& transaction) {
  const auto direction = inspection.context.direction;
  if (!pending.has_header) {
    const bool holds = header_matches(rule, inspection.context, protocol) && flow_matches(rule.flow, inspection) &&
                       tests_match(rule, inspection.context);
    if (!holds) return pending.is_from_pattern ? Answer::No : Answer::Wait;
    pending.has_header = true;
  }
  unsigned place = 0;
  bool waits = false;
  const auto ask = [&](auto&& question) {
    const auto bit = std::uint64_t{1} << std::min(place++, 63U);
    if ((pending.matched & bit) != 0) return true;
    const Answer answer = question();
    if (answer == Answer::Yes) pending.matched |= bit;
    if (answer == Answer::Wait) waits = true;
    return answer != Answer::No;
  };
  if (!rule.events.empty() && !ask([&] { return judge_events(rule, transaction, direction); })) return Answer::No;
  for (const auto& part : rule.parts) {
    const bool goes_on = ask([&] {
      if (part.key.place != Place::Application) return Answer::Yes;
      return judge_part(part, transaction, side_of(rule, part.key, direction));
    });
    if (!goes_on) return Answer::No;
  }
  for (const auto& part : rule.numbers) {
    const auto sides = app::row(part.number).sides;
    const auto side = rule.is_transactional && !app::has_side(sides, direction) ? app::opposite(direction) : direction;
    if (!ask([&] { return judge_number(part, transaction, side); })) return Answer::No;
  }
  for (const auto& part : rule.files) {
    if (!ask([&] { return judge_file(part, transaction, part.side.value_or(direction)); })) return Answer::No;
  }
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(inspection.context.packet.time.time_since_epoch());
  for (const auto& condition : rule.conditions) {
    const bool goes_on = ask([&] {
      if (condition->matches(transaction, direction, now.count())) return Answer::Yes;
      return transaction.is_complete(direction) ? Answer::No : Answer::Wait;
    });
    if (!goes_on) return Answer::No;
  }
  if (waits) return Answer::Wait;
  bool is_of_flow = true;
  return packet_parts_match(rule, inspection, is_of_flow) ? Answer::Yes : Answer::Wait;
}

void Detector::inspect_transaction(Inspection& inspection, app::Protocol protocol, app::Transaction& transaction) {
  const auto direction = inspection.context.direction;
  if (transaction.only() && *transaction.only() != direction) return;
  // What is beyond the depth never comes: waiting for it, open requests would add up.
  if (inspection.context.state->side(direction).is_beyond_depth) transaction.complete(direction);
  if (transaction.inspection == nullptr) transaction.inspection = std::make_unique<TransactionMemory>();
  auto& memory = static_cast<TransactionMemory&>(*transaction.inspection);
  if (std::exchange(memory.rules, rules_.get()) != rules_.get()) {
    memory.sides = {};
    memory.hits.clear();
  }
  auto& side = memory.sides[index(direction)];
  const auto revision = transaction.revision(direction) + transaction.revision(app::opposite(direction));
  if (side.is_done || (side.has_begun && side.revision == revision)) return;
  side.revision = revision;
  const auto& rules = rules_->transactions(protocol, direction);
  if (!std::exchange(side.has_begun, true) || side.protocol != protocol) {
    side.protocol = protocol;
    side.scanned.assign(rules.groups.size(), false);
    side.inspected.assign(rules.groups.size(), 0);
    ++round_;
    for (const auto& pending : side.pending) {
      if (marks_[pending.rule] != kSuspended) marks_[pending.rule] = round_;
    }
    for (const auto rule : rules.without_pattern) {
      if (marks_[rule] != round_) side.pending.push_back({rule, false, false, false, 0});
    }
  }
  ++round_;
  candidates_.clear();
  for (auto& pending : side.pending) {
    if (marks_[pending.rule] == kSuspended) {
      pending.is_decided = true;
    } else {
      marks_[pending.rule] = round_;
    }
  }
  for (std::size_t i = 0; i < rules.groups.size(); ++i) {
    if (!side.scanned[i]) side.scanned[i] = scan_group(rules.groups[i], transaction, direction, side.inspected[i]);
  }
  for (const auto rule : candidates_) side.pending.push_back({rule, true, false, false, 0});
  if (!candidates_.empty()) std::ranges::sort(side.pending, {}, &Pending::rule);
  for (auto& pending : side.pending) {
    if (pending.is_decided) continue;
    const auto& rule = rules_->rules()[pending.rule];
    // A => rule is on both sides; HTTP/2 may turn out to carry DNS, and its rules are then looked up anew.
    const bool may_return =
        rule.is_transactional || protocol == app::Protocol::Http2 || protocol == app::Protocol::Doh2;
    const auto mark = std::pair(pending.rule, rule.is_transactional ? Direction::ToServer : direction);
    if (may_return && std::ranges::find(memory.hits, mark) != memory.hits.end()) {
      pending.is_decided = true;
      continue;
    }
    const auto answer = counted(pending.rule, [&] { return judge(rule, pending, inspection, protocol, transaction); });
    pending.is_decided = answer != Answer::Wait;
    if (answer != Answer::Yes) continue;
    if (may_return) memory.hits.push_back(mark);
    hit(pending.rule, inspection, transaction.id, true);
  }
  std::erase_if(side.pending, [](const Pending& pending) { return pending.is_decided && !pending.is_from_pattern; });
  if (transaction.is_complete(direction)) {
    side.is_done = true;
    side.pending.clear();
  }
}

void Detector::inspect_transactions(Inspection& inspection) {
  auto* const app = inspection.context.state->app.get();
  if (app == nullptr) return;
  app->each_parser([&](app::Parser* parser) {
    auto& list = parser->transactions();
    for (std::size_t i = 0; i < list.size(); ++i) inspect_transaction(inspection, parser->protocol(), list[i]);
    list.release_if([](const app::Transaction& transaction) {
      if (transaction.inspection == nullptr) return false;
      const auto& sides = static_cast<const TransactionMemory&>(*transaction.inspection).sides;
      const auto is_done = [&](Direction direction) {
        return sides[index(direction)].is_done || (transaction.only() && *transaction.only() != direction);
      };
      return is_done(Direction::ToServer) && is_done(Direction::ToClient);
    });
  });
}

}  // namespace warder::ips
