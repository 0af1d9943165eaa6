#include "engines/loginspection/decoder.h"

#include "rules/required_literals.h"

namespace warder::loginspection {

namespace {

constexpr std::size_t kMaxPrograms = 4096;

/// The state of decoding one line.
class Decoding {
 public:
  Decoding(Event& event, const DecodeContext& context)
      : event_(event), context_(context), log_(event.value(field::kLog)), behind_parent_(log_), behind_child_(log_) {}

  void run() {
    if (event_.has(field::kProgramName)) {
      const std::string_view program = event_.value(field::kProgramName);
      for (const std::uint32_t index : context_.programs.find(context_.decoders, program, context_.captures)) {
        if (try_top(index)) return;
      }
      return;
    }
    const std::uint32_t first = context_.decoders.first_text_bit;
    const std::uint32_t end = first + static_cast<std::uint32_t>(context_.decoders.by_text.size());
    for (std::uint32_t bit = context_.candidates.next(first, end); bit < end;
         bit = context_.candidates.next(bit + 1, end)) {
      if (try_top(context_.decoders.by_text[bit - first])) return;
    }
  }

 private:
  [[nodiscard]] bool can_match(std::uint32_t bit) const noexcept {
    return bit == kAlwaysTried || context_.candidates.has(bit);
  }
  /// What is behind the match; nothing without one.
  std::optional<std::string_view> match(const rules::Pattern& pattern, std::string_view text) {
    if (!pattern.match(text, context_.captures)) return std::nullopt;
    return text.substr(context_.captures.end());
  }

  bool try_top(std::uint32_t index) {
    const Decoder& top = context_.decoders.all[index];
    if (top.prematch) {
      if (!can_match(top.prematch_bit)) return false;
      const auto behind = match(*top.prematch, log_);
      if (!behind) return false;
      behind_parent_ = *behind;
    }
    take(index, top);
    behind_plugin_prematch_ = behind_parent_;
    if (top.children.empty()) {
      read_fields(top);
    } else {
      try_children(top);
    }
    return true;
  }

  void take(std::uint32_t index, const Decoder& decoder) {
    event_.decoder = index;
    event_.decoder_id = decoder.id;
    event_.category = decoder.category;
  }

  void try_children(const Decoder& top) {
    for (std::size_t at = 0; at < top.children.size();) {
      const std::uint32_t index = top.children[at];
      const Decoder& child = context_.decoders.all[index];
      if (!child.prematch) {
        behind_child_ = behind_parent_;
        read_chain(top, at);
        return;
      }
      if (can_match(child.prematch_bit)) {
        const auto behind =
            match(*child.prematch, child.prematch_offset == Offset::AfterParent ? behind_parent_ : log_);
        if (behind) {
          behind_child_ = *behind;
          behind_plugin_prematch_ = *behind;
          take(index, child);
          read_chain(top, at);
          return;
        }
      }
      // A group of decoders that go on after one another stands or falls together.
      while (child.goes_on && at < top.children.size() && context_.decoders.all[top.children[at]].goes_on) ++at;
      ++at;
    }
  }

  void read_chain(const Decoder& top, std::size_t at) {
    for (; at < top.children.size(); ++at) {
      const Decoder& child = context_.decoders.all[top.children[at]];
      if (!read_fields(child) && !child.goes_on) return;
      if (!child.goes_on) return;
    }
  }

  [[nodiscard]] std::string_view text_at(Offset offset) const noexcept {
    switch (offset) {
      case Offset::Start:
        return log_;
      case Offset::AfterParent:
        return behind_parent_;
      case Offset::AfterPrematch:
        return behind_child_;
      case Offset::AfterRegex:
        return behind_regex_.value_or(behind_child_);
    }
    return log_;
  }

  bool read_fields(const Decoder& decoder) {
    if (decoder.plugin != nullptr) {
      const std::string_view text = decoder.plugin_offset == Offset::Start         ? log_
                                    : decoder.plugin_offset == Offset::AfterParent ? behind_parent_
                                                                                   : behind_plugin_prematch_;
      decoder.plugin(event_, decoder, text);
      return true;
    }
    if (!decoder.regex || !can_match(decoder.regex_bit)) return false;
    const auto behind = match(*decoder.regex, text_at(decoder.regex_offset));
    if (!behind) return false;
    behind_regex_ = *behind;
    set_fields(decoder, log_.substr(log_.size()));
    return true;
  }

  /// A group that took no part in the match has an empty value in Wazuh's PCRE2; in the other languages it is not
  /// counted.
  void set_fields(const Decoder& decoder, std::string_view nothing) {
    const bool counts_all = decoder.regex->language() == rules::PatternLanguage::Pcre2;
    std::size_t at = 0;
    for (const std::string_view group : context_.captures.groups()) {
      if (group.data() == nullptr && !counts_all) continue;
      if (at == decoder.order.size()) return;
      const OrderedField& to = decoder.order[at++];
      const std::string_view value = group.data() == nullptr ? nothing : group;
      if (to.id < field::kDecodedCount) {
        event_.set(to.id, value);
      } else {
        event_.add(to.name, to.id, value);
      }
    }
  }

  Event& event_;
  const DecodeContext& context_;
  std::string_view log_;
  std::string_view behind_parent_;
  std::string_view behind_child_;
  std::string_view behind_plugin_prematch_;
  std::optional<std::string_view> behind_regex_;
};

/// Gives the pattern the next bit if something can be said of the lines it matches.
std::uint32_t add_pattern(const std::optional<rules::Pattern>& pattern, Prefilter::Builder& builder,
                          std::uint32_t& next_bit) {
  if (!pattern) return kAlwaysTried;
  const auto literals = rules::required_literals(pattern->expression());
  if (!literals) return kAlwaysTried;
  builder.add(next_bit, *literals);
  return next_bit++;
}

}  // namespace

void add_to_prefilter(DecoderSet& decoders, Prefilter::Builder& builder, std::uint32_t& next_bit) {
  decoders.first_text_bit = next_bit;
  next_bit += static_cast<std::uint32_t>(decoders.by_text.size());
  for (std::uint32_t i = 0; i < decoders.by_text.size(); ++i) {
    const Decoder& top = decoders.all[decoders.by_text[i]];
    if (!top.prematch) continue;
    const auto literals = rules::required_literals(top.prematch->expression());
    if (literals) builder.add(decoders.first_text_bit + i, *literals);
  }
  for (Decoder& decoder : decoders.all) {
    const bool is_text_top = decoder.parent.empty() && !decoder.program_name;
    if (!is_text_top) decoder.prematch_bit = add_pattern(decoder.prematch, builder, next_bit);
    decoder.regex_bit = add_pattern(decoder.regex, builder, next_bit);
  }
}

const std::vector<std::uint32_t>& ProgramCache::find(const DecoderSet& decoders, std::string_view program,
                                                     rules::Captures& captures) {
  if (const auto found = known_.find(program); found != known_.end()) return found->second;
  if (known_.size() >= kMaxPrograms) known_.clear();
  std::vector<std::uint32_t> matching;
  for (const std::uint32_t index : decoders.by_program) {
    if (decoders.all[index].program_name->match(program, captures)) matching.push_back(index);
  }
  return known_.emplace(program, std::move(matching)).first->second;
}

void decode(Event& event, const DecodeContext& context) {
  Decoding(event, context).run();
}

}  // namespace warder::loginspection
