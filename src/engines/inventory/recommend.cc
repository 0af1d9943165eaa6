#include "engines/inventory/recommend.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"

namespace warder::inventory {
namespace {

constexpr std::size_t kMaxFile = 4 << 20;
constexpr std::size_t kMaxOffers = 2000;
constexpr std::size_t kMaxTitle = 200;
constexpr std::int64_t kFormat = 1;

bool is_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

Result<Offer> parse_offer(const json::value& value, std::string_view module) {
  if (!value.is_object()) return fail(ErrorCode::Invalid, "not an object");
  const json::object& object = value.get_object();
  for (const auto& member : object) {
    const std::string_view key = member.key();
    if (key != "id" && key != "title" && key != "when")
      return fail(ErrorCode::Invalid, "/" + std::string(key) + ": there is no such member");
  }
  Offer offer;
  offer.module = module;
  offer.id = WD_TRY(get_string(object, "id"));
  offer.title = WD_TRY(get_string(object, "title"));
  if (!is_id(offer.id)) return fail(ErrorCode::Invalid, "/id: not 1 to 63 of a-z, 0-9, '-', '_' and '.'");
  if (offer.title.empty() || offer.title.size() > kMaxTitle)
    return fail(ErrorCode::Invalid, "/title: not 1 to 200 bytes");
  const json::value* when = find(object, "when");
  if (when == nullptr) return fail(ErrorCode::Invalid, "/when: it is missing");
  offer.when = WD_TRY(parse_condition(*when).in("/when"));
  return offer;
}

}  // namespace

Result<std::vector<Offer>> parse_offers(std::string_view text) {
  const json::value parsed = WD_TRY(parse_json(text, kMaxFile));
  if (!parsed.is_object()) return fail(ErrorCode::Invalid, "/: not an object");
  const json::object& object = parsed.get_object();
  if (WD_TRY(get_int(object, "format")) != kFormat) return fail(ErrorCode::Invalid, "/format: not 1");
  const std::string module(WD_TRY(get_string(object, "module")));
  if (!is_id(module)) return fail(ErrorCode::Invalid, "/module: not a module's name");
  const json::array& list = *WD_TRY(get_array(object, "offers"));
  if (list.size() > kMaxOffers) return fail(ErrorCode::TooLarge, "/offers: more than 2000");
  std::vector<Offer> offers;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string place = "/offers/" + std::to_string(i);
    offers.push_back(WD_TRY(parse_offer(list[i], module).in(place)));
    if (!ids.insert(offers.back().id).second) return fail(ErrorCode::Invalid, place + "/id: it is there twice");
  }
  return offers;
}

std::vector<Recommendation> recommend(const FactsIndex& facts, std::span<const Offer> offers) {
  std::vector<Recommendation> recommendations;
  for (const Offer& offer : offers) {
    auto reason = holds(offer.when, facts);
    if (reason) recommendations.push_back({offer.id, offer.module, offer.title, std::move(*reason)});
  }
  return recommendations;
}

}  // namespace warder::inventory
