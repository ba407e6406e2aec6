# What an account with clusters needs: executors, which the hub becomes, and the reaper, which needs no hub. The policies
# are those of the CDK stack, word for word; this module only says where they go.

locals {
  tags = merge(var.tags, { "hallpass:installation" = var.hub })
}

resource "aws_iam_role" "executor" {
  for_each = var.executors

  name               = each.key
  path               = each.value.path
  description        = "Hallpass ${var.hub} acts on this account's clusters through it."
  assume_role_policy = jsonencode(each.value.trust)
  tags               = local.tags
}

resource "aws_iam_role_policy" "executor" {
  for_each = var.executors

  name   = "Hallpass"
  role   = aws_iam_role.executor[each.key].name
  policy = jsonencode(each.value.policy)
}

resource "aws_iam_role" "emergency" {
  count = var.emergency == null ? 0 : 1

  name               = var.emergency.name
  description        = "Access with Hallpass ${var.hub} down: hallpass emergency. Its use is an alarm."
  assume_role_policy = jsonencode(var.emergency.trust)
  tags               = local.tags
}

resource "aws_iam_role_policy" "emergency" {
  count = var.emergency == null ? 0 : 1

  name   = "Hallpass"
  role   = aws_iam_role.emergency[0].name
  policy = jsonencode(var.emergency.policy)
}

resource "aws_iam_role" "reaper" {
  name               = var.reaper.name
  description        = "Ends overdue access of Hallpass ${var.hub}, whatever has become of the hub."
  assume_role_policy = jsonencode(var.reaper.trust)
  tags               = local.tags
}

resource "aws_iam_role_policy" "reaper" {
  name   = "Hallpass"
  role   = aws_iam_role.reaper.name
  policy = jsonencode(var.reaper.policy)
}

resource "aws_cloudwatch_log_group" "reaper" {
  name              = "/aws/lambda/${var.reaper.name}"
  retention_in_days = 365
  skip_destroy      = true
  tags              = local.tags
}

resource "aws_lambda_function" "reaper" {
  function_name    = var.reaper.name
  description      = "Hallpass ${var.hub}: every five minutes, ends overdue entries without the hub."
  role             = aws_iam_role.reaper.arn
  filename         = var.reaper_code
  source_code_hash = filebase64sha256(var.reaper_code)
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  handler          = "index.handler"
  timeout          = var.reaper.timeout
  memory_size      = var.reaper.memory
  tags             = local.tags

  environment {
    variables = var.reaper.environment
  }

  logging_config {
    # Every line of the function's own, and of Lambda's only those that tell of something wrong.
    log_format            = "JSON"
    application_log_level = "TRACE"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.reaper.name
  }

  depends_on = [aws_iam_role_policy.reaper]
}

# A scheduled rule costs nothing, and says which time was meant.
resource "aws_cloudwatch_event_rule" "reaper" {
  name                = var.reaper.name
  description         = "Every five minutes: the reaper."
  schedule_expression = "rate(5 minutes)"
  tags                = local.tags
}

resource "aws_cloudwatch_event_target" "reaper" {
  rule = aws_cloudwatch_event_rule.reaper.name
  arn  = aws_lambda_function.reaper.arn

  input_transformer {
    input_paths = { time = "$.time" }
    # jsonencode would write < and > as \u003c and \u003e, and EventBridge would not know its own variable.
    input_template = "{\"scheduledTime\":<time>}"
  }

  retry_policy {
    maximum_retry_attempts       = 0
    maximum_event_age_in_seconds = 60
  }
}

resource "aws_lambda_permission" "reaper" {
  statement_id  = "Schedule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.reaper.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.reaper.arn
}

resource "aws_lambda_function_event_invoke_config" "reaper" {
  function_name                = aws_lambda_function.reaper.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

# Asked before anything of this module is destroyed: the reaper fails while access that it would end is still there.
resource "aws_lambda_invocation" "guard" {
  function_name   = aws_lambda_function.reaper.function_name
  lifecycle_scope = "CRUD"
  input           = jsonencode({})

  depends_on = [
    aws_iam_role_policy.executor,
    aws_iam_role_policy.emergency,
    aws_cloudwatch_event_target.reaper,
    aws_lambda_permission.reaper,
    aws_lambda_function_event_invoke_config.reaper,
  ]
}
