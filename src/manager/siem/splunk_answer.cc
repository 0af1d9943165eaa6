#include "manager/siem/splunk_answer.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/json.h"

namespace warder::manager {
namespace {

using About = SplunkMeaning::About;

constexpr std::array kMeanings{
    SplunkMeaning{1, About::Token, "the token is disabled"},
    SplunkMeaning{2, About::Token, "a token is required"},
    SplunkMeaning{3, About::Token, "the token is not understood"},
    SplunkMeaning{4, About::Token, "the token is not known"},
    SplunkMeaning{5, About::Event, "no data"},
    SplunkMeaning{6, About::Event, "invalid data format"},
    SplunkMeaning{7, About::Settings, "the index is not one of the token's"},
    SplunkMeaning{8, About::Later, "internal server error"},
    SplunkMeaning{9, About::Later, "server is busy"},
    SplunkMeaning{10, About::Settings, "the token demands acknowledge"},
    SplunkMeaning{11, About::Settings, "the channel is not valid"},
    SplunkMeaning{12, About::Event, "event field is required"},
    SplunkMeaning{13, About::Event, "event field cannot be blank"},
    SplunkMeaning{14, About::Settings, "the token does not allow acknowledge"},
    SplunkMeaning{15, About::Event, "error in handling indexed fields"},
    SplunkMeaning{23, About::Later, "server is shutting down"},
};

std::optional<std::int64_t> code_of(std::string_view body) {
  const auto answer = parse_json(body);
  const auto* const object = answer ? answer->if_object() : nullptr;
  const auto code = object != nullptr ? get_int(*object, "code") : Result<std::int64_t>(fail(ErrorCode::Corrupt, ""));
  return code ? std::optional(*code) : std::nullopt;
}

}  // namespace

std::optional<SplunkMeaning> parse_splunk_error(std::string_view body) {
  const auto code = code_of(body);
  const auto* const found = code ? std::ranges::find(kMeanings, *code, &SplunkMeaning::code) : kMeanings.end();
  return found == kMeanings.end() ? std::nullopt : std::optional(*found);
}

Result<std::optional<std::int64_t>> parse_splunk_taken(std::string_view body, bool wants_ack) {
  if (code_of(body) != 0) return fail(ErrorCode::Corrupt, "HTTP 200 without code 0");
  if (!wants_ack) return std::optional<std::int64_t>();
  const json::value answer = WD_TRY(parse_json(body));
  const auto id = get_int(answer.get_object(), "ackId");
  if (!id) return fail(ErrorCode::Corrupt, "no ackId; the token does not acknowledge");
  return std::optional(*id);
}

Result<std::set<std::int64_t>> parse_splunk_acks(std::string_view body, std::span<const std::int64_t> asked) {
  const auto read = parse_json(body);
  const auto* const object = read ? read->if_object() : nullptr;
  const auto acks = object != nullptr ? get_object(*object, "acks") : Result<const json::object*>(nullptr);
  if (!acks || *acks == nullptr) return fail(ErrorCode::Corrupt, "no acks in the answer");
  std::set<std::int64_t> acknowledged;
  for (const std::int64_t id : asked) {
    const json::value* const said = find(**acks, std::to_string(id));
    if (said != nullptr && *said == json::value(true)) acknowledged.insert(id);
  }
  return acknowledged;
}

}  // namespace warder::manager
