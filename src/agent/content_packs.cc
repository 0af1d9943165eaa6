#include "agent/content_packs.h"

#include <fmt/format.h>

#include <algorithm>

namespace warder::agent {

Result<std::unique_ptr<ContentPacks>> ContentPacks::open(const std::filesystem::path& folder,
                                                         const std::vector<crypto::PublicKey>& trusted,
                                                         std::function<void(const ContentOutcome&)> told) {
  pack::TrustPolicy trust;
  for (const auto& key : trusted) trust.keys.push_back({to_hex(key), key});
  pack::PackStore store = WD_TRY(pack::PackStore::open(folder, std::move(trust)).in("content"));
  std::unique_ptr<ContentPacks> packs{new ContentPacks(
      std::move(store), std::move(told))};  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  return packs;
}

std::optional<protocol::ContentGet> ContentPacks::on_offer(const protocol::ContentOffer& offer) {
  wanted_.clear();
  missing_.clear();
  received_.clear();
  for (const auto& pack : offer.packs()) wanted_.push_back({pack.name(), pack.digest(), pack.bytes()});
  drop_unwanted();
  const auto active = store_.active();
  for (const Wanted& wanted : wanted_) {
    const auto present = active.find(wanted.name);
    if (present != active.end() && present->second == wanted.digest) continue;
    if (wanted.bytes > pack::kMaxPackBytes) {
      finish(wanted, fail(ErrorCode::TooLarge, "larger than a pack may be"));
    } else if (store_.contains(wanted.digest)) {
      finish(wanted, activate(wanted));
    } else {
      missing_.push_back(wanted);
    }
  }
  return next_request();
}

std::optional<protocol::ContentGet> ContentPacks::on_chunk(const protocol::ContentChunk& chunk) {
  // Of a request that a newer offer overtook.
  if (missing_.empty() || chunk.digest() != missing_.front().digest || chunk.offset() != received_.size()) {
    return std::nullopt;
  }
  const Result<void> appended = append_chunk(chunk);
  if (appended && !chunk.last()) return next_request();
  const Wanted wanted = std::move(missing_.front());
  missing_.pop_front();
  finish(wanted, appended ? install(wanted) : appended);
  received_.clear();
  return next_request();
}

std::optional<protocol::ContentGet> ContentPacks::next_request() {
  if (missing_.empty()) return std::nullopt;
  protocol::ContentGet request;
  request.set_digest(missing_.front().digest);
  request.set_offset(received_.size());
  return request;
}

Result<void> ContentPacks::append_chunk(const protocol::ContentChunk& chunk) {
  if (!chunk.error().empty()) return fail(ErrorCode::Unavailable, "the manager does not send it: " + chunk.error());
  const ByteView data = as_bytes(chunk.data());
  const bool is_stuck = data.empty() && !chunk.last();
  if (is_stuck || data.size() > missing_.front().bytes - received_.size()) {
    return fail(ErrorCode::Corrupt, "the manager sends another pack than it offered");
  }
  append(received_, data);
  return {};
}

Result<void> ContentPacks::install(const Wanted& wanted) {
  // Hashed before anything else looks at it: what was offered is what arrived.
  if (to_hex(crypto::sha256(received_)) != wanted.digest) return fail(ErrorCode::Corrupt, "it arrived damaged");
  const pack::VerifiedPack verified = WD_TRY(store_.add(received_));
  if (verified.manifest.name != wanted.name) {
    return fail(ErrorCode::Corrupt, fmt::format("it was offered as {} but is {}", wanted.name, verified.manifest.name));
  }
  return activate(wanted);
}

Result<void> ContentPacks::activate(const Wanted& wanted) {
  WD_TRY(store_.activate(wanted.digest));
  WD_TRY(store_.collect_garbage());
  return {};
}

void ContentPacks::finish(const Wanted& wanted, const Result<void>& outcome) {
  told_({wanted.name, wanted.digest, outcome ? std::string{} : outcome.error().message});
}

void ContentPacks::drop_unwanted() {
  for (const auto& [name, digest] : store_.active()) {
    const bool is_wanted = std::any_of(wanted_.begin(), wanted_.end(), [&](const Wanted& w) { return w.name == name; });
    if (is_wanted) continue;
    if (const auto dropped = store_.deactivate(name); !dropped) finish({name, digest, 0}, dropped);
  }
}

std::optional<std::filesystem::path> ContentPacks::directory(std::string_view name) const {
  return store_.directory(name);
}

}  // namespace warder::agent
