#include "engines/ips/app/body_decoder.h"

#include <optional>
#include <utility>

#include "base/text.h"

namespace warder::ips::app {

namespace {

constexpr std::size_t kEnough = 64;  // bytes that inflate without a fault are no accident

std::optional<Coding> coding_of(std::string_view name) {
  if (equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip")) return Coding::Gzip;
  if (equals_ignoring_case(name, "deflate") || equals_ignoring_case(name, "x-deflate")) return Coding::Zlib;
  return std::nullopt;
}

}  // namespace

BodyDecoder::BodyDecoder(std::string_view codings, std::size_t max_layers, std::uint64_t max_bytes) {
  // The last that was applied stands last.
  while (!codings.empty() && layers_.size() < max_layers) {
    const auto comma = codings.rfind(',');
    const auto name = trim(comma == std::string_view::npos ? codings : codings.substr(comma + 1));
    codings = comma == std::string_view::npos ? std::string_view{} : codings.substr(0, comma);
    if (name.empty() || equals_ignoring_case(name, "identity")) continue;
    const auto coding = coding_of(name);
    if (!coding) return;
    layers_.push_back({Inflater(*coding, max_bytes), {}, {}});
  }
}

void BodyDecoder::push(std::size_t place, ByteView bytes, const Sink& sink) {
  if (place == layers_.size()) {
    sink(bytes);
    return;
  }
  auto& layer = layers_[place];
  if (layer.is_plain) {
    push(place + 1, bytes, sink);
    return;
  }
  if (!layer.is_known) append(layer.held, bytes);
  const auto state = layer.inflater.push(bytes, layer.made);
  layer.is_plain = state != Inflater::State::Open;
  layer.is_known |= layer.held.size() >= kEnough || state == Inflater::State::Ended;
  const bool is_broken = state == Inflater::State::Broken;
  const auto made = std::exchange(layer.made, {});
  if (layer.is_known && !made.empty()) push(place + 1, made, sink);
  if (is_broken) push(place + 1, layer.is_known ? bytes : ByteView(layer.held), sink);
  if (!layer.is_known && !is_broken) layer.made = made;
  if (layer.is_known || is_broken) layer.held = {};
}

}  // namespace warder::ips::app
