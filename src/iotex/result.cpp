#include "iotex/result.hpp"

#include <stdexcept>

namespace elector::iotex {

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::logic_error("the value of a failed result was asked for: " + error.text);
}

}  // namespace elector::iotex
