// Everything an engine needs that does not change.
#pragma once

#include <memory>

#include "engines/loginspection/decoder.h"
#include "engines/loginspection/engine.h"
#include "engines/loginspection/rule_set.h"
#include "engines/loginspection/sigma.h"

namespace warder::loginspection {

class Compiled {
 public:
  Dialect dialect = Dialect::Wazuh;
  FieldNames names;
  DecoderSet decoders;
  RuleSet rules;
  Prefilter prefilter;
  SigmaSet sigma;
};

}  // namespace warder::loginspection
