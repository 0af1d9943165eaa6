// The agent's content packs: fetches those that the manager offers and it does not have, verifies each, and makes them
// the active ones. A pack that does not verify changes nothing.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/uplink.h"
#include "base/bytes.h"
#include "base/result.h"
#include "pack/pack_store.h"

namespace warder::agent {

struct ContentOutcome {
  std::string pack;
  std::string digest;
  std::string error;  // empty: installed and active
};

/// Belongs to the uplink's thread.
class ContentPacks final : public ContentReceiver {
 public:
  /// `told` hears, on the same thread, of each pack that became active or was refused.
  static Result<std::unique_ptr<ContentPacks>> open(const std::filesystem::path& folder,
                                                    const std::vector<crypto::PublicKey>& trusted,
                                                    std::function<void(const ContentOutcome&)> told);

  std::optional<protocol::ContentGet> on_offer(const protocol::ContentOffer& offer) override;
  std::optional<protocol::ContentGet> on_chunk(const protocol::ContentChunk& chunk) override;

  /// Where modules find the files of the active pack of this name.
  [[nodiscard]] std::optional<std::filesystem::path> directory(std::string_view name) const;

 private:
  struct Wanted {
    std::string name;
    std::string digest;
    std::uint64_t bytes = 0;
  };
  ContentPacks(pack::PackStore store, std::function<void(const ContentOutcome&)> told)
      : store_(std::move(store)), told_(std::move(told)) {}
  std::optional<protocol::ContentGet> next_request();
  Result<void> append_chunk(const protocol::ContentChunk& chunk);
  Result<void> install(const Wanted& wanted);
  Result<void> activate(const Wanted& wanted);
  void finish(const Wanted& wanted, const Result<void>& outcome);
  void drop_unwanted();

  pack::PackStore store_;
  std::function<void(const ContentOutcome&)> told_;
  std::vector<Wanted> wanted_;  // the last offer
  std::deque<Wanted> missing_;  // what is still to be fetched; the first is on its way
  Bytes received_;              // of it
};

}  // namespace warder::agent
