// The whole library in one include.
#pragma once

#include <lambda_cache/binding.hpp>
#include <lambda_cache/client.hpp>
#include <lambda_cache/context.hpp>
#include <lambda_cache/error.hpp>
#include <lambda_cache/function.hpp>
#include <lambda_cache/handle.hpp>
#include <lambda_cache/handler.hpp>
#include <lambda_cache/result.hpp>
#include <lambda_cache/runtime.hpp>
#include <lambda_cache/s3.hpp>
#include <lambda_cache/secrets_manager.hpp>
#include <lambda_cache/ssm.hpp>
#include <lambda_cache/transform.hpp>
#include <lambda_cache/value.hpp>
