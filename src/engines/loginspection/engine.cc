#include "engines/loginspection/engine.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "engines/loginspection/accumulator.h"
#include "engines/loginspection/compiled.h"
#include "engines/loginspection/header.h"
#include "engines/loginspection/matcher.h"
#include "engines/loginspection/sigma_matcher.h"

namespace warder::loginspection {

namespace {

bool is_control(char c) noexcept {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
}

/// Whether the text may have one, tabs included: eight characters at a time.
bool may_have_control(std::string_view text) noexcept {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080;
  std::uint64_t found = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t is_delete = word ^ (kOnes * 0x7f);
    found |= ((word - kOnes * 0x20) & ~word) | ((is_delete - kOnes) & ~is_delete);
  }
  return (found & kHighs) != 0 || std::any_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_control);
}

}  // namespace

struct Engine::State {
  State(std::shared_ptr<const Compiled> made, const EngineOptions& chosen)
      : compiled(std::move(made)),
        options(chosen),
        event(compiled->names),
        scratch(compiled->prefilter),
        matcher(*compiled, chosen),
        sigma(compiled->sigma, chosen.max_correlation_keys) {}

  const Finding& inspect(const Line& line);
  std::string_view clean(std::string_view text);
  void set_header(const LineHeader& header, const Line& line);
  void fill_finding(const Match& match);
  std::string_view describe(const std::string& description);

  std::shared_ptr<const Compiled> compiled;
  EngineOptions options;
  Event event;
  Prefilter::Scratch scratch;
  CandidateBits candidates;
  CandidateBits more_candidates;
  rules::Captures captures;
  ProgramCache programs;
  Accumulator accumulator;
  Matcher matcher;
  SigmaMatcher sigma;
  std::string cleaned;
  std::string described;
  std::vector<Field> fields;
  Finding finding;
};

/// Control characters cannot hide anything from a pattern.
std::string_view Engine::State::clean(std::string_view text) {
  text = text.substr(0, options.max_line_bytes);
  if (compiled->dialect != Dialect::Ossec || !may_have_control(text)) return text;
  if (std::none_of(text.begin(), text.end(), is_control)) return text;
  cleaned.clear();
  std::copy_if(text.begin(), text.end(), std::back_inserter(cleaned), [](char c) { return !is_control(c); });
  return cleaned;
}

void Engine::State::set_header(const LineHeader& header, const Line& line) {
  event.set(field::kLog, header.log);
  if (header.has_program_name) event.set(field::kProgramName, header.program_name);
  const std::string_view hostname = header.hostname.empty() ? line.hostname : header.hostname;
  if (!hostname.empty()) event.set(field::kHostname, hostname);
  if (!line.location.empty()) event.set(field::kLocation, line.location);
  finding.timestamp = header.timestamp;
}

std::string_view Engine::State::describe(const std::string& description) {
  std::size_t open = description.find("$(");
  if (open == std::string::npos) return description;
  described.clear();
  std::size_t done = 0;
  for (; open != std::string::npos; open = description.find("$(", done)) {
    const std::size_t close = description.find(')', open);
    if (close == std::string::npos) break;
    const std::string_view name = std::string_view(description).substr(open + 2, close - open - 2);
    described.append(description, done, open - done);
    done = close + 1;
    if (const auto fixed = decoded_field(name)) {
      described.append(event.value(*fixed));
      continue;
    }
    const auto others = event.other_fields();
    const auto found = std::find_if(others.begin(), others.end(),
                                    [&](const Field& field) { return equals_ignoring_case(field.name, name); });
    if (found != others.end()) described.append(found->value);
  }
  described.append(description, done);
  return described;
}

void Engine::State::fill_finding(const Match& match) {
  finding.hostname = event.value(field::kHostname);
  finding.program_name = event.value(field::kProgramName);
  finding.log = event.value(field::kLog);
  finding.decoder = event.decoder == kNoIndex ? std::string_view() : compiled->decoders.all[event.decoder].name;
  fields.clear();
  for (FieldId id = 0; id < field::kDecodedCount; ++id) {
    if (event.has(id)) fields.push_back({kDecodedNames[id], event.value(id)});
  }
  fields.insert(fields.end(), event.other_fields().begin(), event.other_fields().end());
  finding.fields = fields;
  finding.is_alert = match.is_alert;
  finding.rule = nullptr;
  finding.description = {};
  if (match.rule == kNoIndex) return;
  finding.rule = &compiled->rules.rules[match.rule].info;
  finding.description = describe(finding.rule->description);
}

const Finding& Engine::State::inspect(const Line& line) {
  const std::string_view text = clean(line.text);
  compiled->prefilter.scan(text, scratch, candidates);
  event.begin(text);
  set_header(read_header(text, compiled->dialect), line);
  decode(event, {compiled->decoders, candidates, captures, programs});
  for (const std::string_view rewritten : event.rewritten()) {
    compiled->prefilter.scan(rewritten, scratch, more_candidates);
    candidates.add(more_candidates);
  }
  const std::int64_t now = std::chrono::floor<std::chrono::seconds>(line.time).time_since_epoch().count();
  if (event.decoder != kNoIndex && compiled->decoders.all[event.decoder].accumulates) accumulator.complete(event, now);
  fill_finding(matcher.match(event, candidates, line, captures));
  finding.sigma = sigma.match(event, candidates, now, captures);
  return finding;
}

Engine::Engine(std::shared_ptr<const Compiled> compiled, EngineOptions options)
    : state_(std::make_unique<State>(std::move(compiled), options)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

const Finding& Engine::inspect(const Line& line) {
  return state_->inspect(line);
}

void Engine::reset() {
  state_->matcher.clear();
  state_->accumulator.clear();
  state_->sigma.clear();
}

std::uint64_t Engine::limit_hits() const noexcept {
  return state_->captures.limit_hits();
}

void Engine::set_tracer(Tracer tracer) {
  state_->matcher.set_tracer(std::move(tracer));
}

}  // namespace warder::loginspection
