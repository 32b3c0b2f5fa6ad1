//! Finds the places of a source file that can be mutated, and writes the file with a switch at each
//! of them.

use std::ops::Range;

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, BinOp, Expr, ReturnType, Signature, Type};

/// One change of the program.
pub struct Mutant {
    pub number: u32,
    pub file: String,
    pub line: usize,
    /// The function, the original text and the change: it stays the same if lines move.
    pub name: String,
}

impl Mutant {
    /// The name of a mutant in reports and in the list of equivalents.
    pub fn key(&self) -> String {
        format!("{}: {}", self.file, self.name)
    }
}

/// A text that replaces `at`, or is inserted there if `at` is empty.
struct Edit {
    at: Range<usize>,
    text: String,
}

/// The mutants of a file, and the edits that contain all of them.
struct Mutation<'a> {
    file: &'a str,
    source: &'a str,
    mutants: Vec<Mutant>,
    edits: Vec<Edit>,
    closings: Vec<Edit>,
    function: Vec<String>,
    names: Vec<String>,
    /// Numbers start after this one.
    used: u32,
    /// Mutants that do not compile.
    skipped: &'a dyn Fn(&str) -> bool,
}

/// The mutants of `source`, and the source with a switch for each of them.
pub fn mutate(
    file: &str,
    source: &str,
    used: u32,
    skipped: &dyn Fn(&str) -> bool,
) -> (Vec<Mutant>, String) {
    let syntax = syn::parse_file(source).expect("valid Rust");
    let mut mutation = Mutation {
        file,
        source,
        mutants: Vec::new(),
        edits: Vec::new(),
        closings: Vec::new(),
        function: Vec::new(),
        names: Vec::new(),
        used,
        skipped,
    };
    mutation.visit_file(&syntax);
    mutation.finish()
}

impl Mutation<'_> {
    /// A new mutant, or `None` if it is known not to compile.
    fn add(&mut self, span: Span, change: &str) -> Option<u32> {
        let place = span.byte_range();
        let text: String =
            self.source[place.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        let text = if text.chars().count() > 90 {
            text.chars().take(90).chain("…".chars()).collect()
        } else {
            text
        };
        let mut name = format!("{}: `{text}`: {change}", self.function.join("::"));
        let same = self.names.iter().filter(|other| **other == name).count();
        self.names.push(name.clone());
        if same > 0 {
            name = format!("{name} ({})", same + 1);
        }
        if (self.skipped)(&format!("{}: {name}", self.file)) {
            return None;
        }
        let number = self.used + 1;
        self.used = number;
        let (file, line) = (self.file.to_owned(), span.start().line);
        self.mutants.push(Mutant { number, file, line, name });
        Some(number)
    }

    fn insert(&mut self, offset: usize, text: String) {
        self.edits.push(Edit { at: offset..offset, text });
    }

    /// Inserted after an expression: the innermost one first.
    fn close(&mut self, offset: usize, text: String) {
        self.closings.push(Edit { at: offset..offset, text });
    }

    fn replace(&mut self, span: Span, text: String) {
        self.edits.push(Edit { at: span.byte_range(), text });
    }

    fn finish(mut self) -> (Vec<Mutant>, String) {
        // Expressions are visited from the outside, so their ends are met in the opposite order.
        self.closings.reverse();
        let mut edits: Vec<(usize, u8, Edit)> = Vec::new();
        edits.extend(self.closings.into_iter().map(|edit| (edit.at.start, 0, edit)));
        edits.extend(self.edits.into_iter().map(|edit| (edit.at.start, 1, edit)));
        edits.sort_by_key(|(offset, order, _)| (*offset, *order));
        let (mut text, mut done) = (String::new(), 0);
        for (offset, _, edit) in edits {
            text.push_str(&self.source[done.min(offset)..offset]);
            text.push_str(&edit.text);
            done = edit.at.end.max(done);
        }
        text.push_str(&self.source[done..]);
        (self.mutants, text)
    }

    /// Replaces the function's result.
    fn function(&mut self, signature: &Signature, attributes: &[Attribute], block: &syn::Block) {
        if signature.constness.is_some() || is_test(attributes) {
            return;
        }
        self.function.push(signature.ident.to_string());
        if let Some(first) = block.stmts.first() {
            let offset = first.span().byte_range().start;
            for value in values(&signature.output) {
                let unchanged = block.to_token_stream().to_string() == format!("{{ {value} }}");
                if !unchanged
                    && let Some(number) =
                        self.add(signature.ident.span(), &format!("returns `{value}`"))
                {
                    let text = format!("if crate::mutant::is({number}) {{ return {value}; }} ");
                    self.insert(offset, text);
                }
            }
        }
        visit::visit_block(self, block);
        self.function.pop();
    }

    /// Replaces a condition by a constant.
    fn condition(&mut self, condition: &Expr) {
        let range = condition.span().byte_range();
        let constants = ["true", "false"].map(|constant| {
            self.add(condition.span(), constant)
                .map_or("false".to_owned(), |number| format!("crate::mutant::is({number})"))
        });
        let [always, never] = constants;
        self.insert(range.start, format!("({always} || (!{never} && ("));
        self.close(range.end, ")))".to_owned());
    }

    /// The condition of `if` or `while`, and a guard.
    fn conditions(&mut self, expression: &Expr) {
        match expression {
            Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) && has_let(expression) => {
                self.conditions(&binary.left);
                self.conditions(&binary.right);
            }
            Expr::Let(_) => visit::visit_expr(self, expression),
            Expr::Binary(_) | Expr::Unary(_) => self.visit_expr(expression),
            _ => {
                self.condition(expression);
                self.visit_expr(expression);
            }
        }
    }

    fn binary(&mut self, binary: &syn::ExprBinary) {
        let (range, left) = (binary.span().byte_range(), binary.left.span().byte_range());
        let operator = binary.op.to_token_stream().to_string();
        if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) {
            if has_let(&binary.left) || has_let(&binary.right) {
                return;
            }
            let is_and = operator == "&&";
            let change = if is_and { "`&&` → `||`" } else { "`||` → `&&`" };
            let Some(number) = self.add(binary.span(), change) else { return };
            let compared = if is_and { "!=" } else { "==" };
            let constant = if is_and { "" } else { "!" };
            self.insert(range.start, "(if ((".to_owned());
            let switch = format!("crate::mutant::is({number})");
            self.close(left.end, format!(") {compared} {switch}) {{ ("));
            self.replace(binary.op.span(), String::new());
            self.close(range.end, format!(") }} else {{ {constant}{switch} }})"));
            return;
        }
        let changes = others(&operator);
        let (borrow, value) = if is_comparison(&operator) { ("&", "*") } else { ("", "") };
        let mut switch = String::new();
        for other in changes {
            if let Some(number) = self.add(binary.span(), &format!("`{operator}` → `{other}`")) {
                switch.push_str(&format!(
                    "if crate::mutant::is({number}) {{ {value}left {other} {value}right }} else "
                ));
            }
        }
        if switch.is_empty() {
            return;
        }
        if is_assignment(&operator) {
            let place = &self.source[left.clone()];
            let switch = switch.replace("left", place);
            self.insert(range.start, "match ".to_owned());
            self.replace(span_between(binary), String::new());
            self.close(
                range.end,
                format!(" {{ right => {switch} {{ {place} {operator} right }} }}"),
            );
            return;
        }
        self.insert(range.start, format!("(match ({borrow}("));
        self.close(left.end, format!("), {borrow}("));
        self.replace(binary.op.span(), String::new());
        self.close(
            range.end,
            format!(
                ")) {{ (left, right) => {switch} {{ {value}left {operator} {value}right }} }})"
            ),
        );
    }
}

/// From the start of an assignment to its operator's end.
fn span_between(binary: &syn::ExprBinary) -> Span {
    binary.left.span().join(binary.op.span()).unwrap_or_else(|| binary.left.span())
}

impl<'ast> Visit<'ast> for Mutation<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        let of = block.self_ty.to_token_stream().to_string().replace(' ', "");
        let name = match &block.trait_ {
            Some((_, path, _)) => {
                format!("<{of} as {}>", path.to_token_stream().to_string().replace(' ', ""))
            }
            None => of,
        };
        self.function.push(name);
        visit::visit_item_impl(self, block);
        self.function.pop();
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig, &function.attrs, &function.block);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig, &function.attrs, &function.block);
    }

    // A constant cannot be switched.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_type(&mut self, _: &'ast Type) {}
    fn visit_pat(&mut self, _: &'ast syn::Pat) {}
    fn visit_expr_repeat(&mut self, _: &'ast syn::ExprRepeat) {}

    fn visit_expr_if(&mut self, expression: &'ast syn::ExprIf) {
        self.conditions(&expression.cond);
        self.visit_block(&expression.then_branch);
        if let Some((_, branch)) = &expression.else_branch {
            self.visit_expr(branch);
        }
    }

    fn visit_expr_while(&mut self, expression: &'ast syn::ExprWhile) {
        self.conditions(&expression.cond);
        self.visit_block(&expression.body);
    }

    fn visit_expr_match(&mut self, expression: &'ast syn::ExprMatch) {
        self.visit_expr(&expression.expr);
        let is_open = expression.arms.last().is_some_and(|arm| {
            arm.guard.is_none()
                && match &arm.pat {
                    syn::Pat::Wild(_) => true,
                    // `None` is parsed as if it were a variable.
                    syn::Pat::Ident(ident) => {
                        ident.ident.to_string().starts_with(|c: char| c.is_lowercase())
                    }
                    _ => false,
                }
        });
        for (i, arm) in expression.arms.iter().enumerate() {
            if is_open && i + 1 < expression.arms.len() {
                if let Some(number) = self.add(arm.pat.span(), "arm deleted") {
                    let unless = format!("!crate::mutant::is({number})");
                    match &arm.guard {
                        Some((_, guard)) => {
                            let range = guard.span().byte_range();
                            self.insert(range.start, format!("{unless} && ("));
                            self.close(range.end, ")".to_owned());
                        }
                        None => {
                            self.close(arm.pat.span().byte_range().end, format!(" if {unless}"))
                        }
                    }
                }
            }
            if let Some((_, guard)) = &arm.guard {
                self.condition(guard);
                self.visit_expr(guard);
            }
            self.visit_expr(&arm.body);
        }
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        self.binary(binary);
        // The place that is assigned to is written twice.
        if !is_assignment(&binary.op.to_token_stream().to_string()) {
            self.visit_expr(&binary.left);
        }
        self.visit_expr(&binary.right);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        if matches!(unary.op, syn::UnOp::Not(_))
            && let Some(number) = self.add(unary.span(), "`!` deleted")
        {
            let range = unary.span().byte_range();
            self.insert(range.start, "((".to_owned());
            self.close(range.end, format!(") != crate::mutant::is({number}))"));
        }
        visit::visit_expr_unary(self, unary);
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.to_token_stream().to_string();
        text == "# [test]" || text == "# [cfg (test)]"
    })
}

fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

fn is_comparison(operator: &str) -> bool {
    ["==", "!=", "<", "<=", ">", ">="].contains(&operator)
}

fn is_assignment(operator: &str) -> bool {
    operator.ends_with('=') && !is_comparison(operator)
}

/// The operators that replace an operator.
fn others(operator: &str) -> &'static [&'static str] {
    match operator {
        "==" => &["!="],
        "!=" => &["=="],
        "<" => &["==", ">", "<="],
        ">" => &["==", "<", ">="],
        "<=" => &[">"],
        ">=" => &["<"],
        "+" => &["-", "*"],
        "-" => &["+", "/"],
        "*" => &["+", "/"],
        "/" => &["%", "*"],
        "%" => &["/", "+"],
        "<<" => &[">>"],
        ">>" => &["<<"],
        "&" => &["|", "^"],
        "|" => &["&", "^"],
        "^" => &["&", "|"],
        "+=" => &["-=", "*="],
        "-=" => &["+=", "/="],
        "*=" => &["+=", "/="],
        "/=" => &["%=", "*="],
        "|=" => &["&=", "^="],
        "&=" => &["|=", "^="],
        _ => &[],
    }
}

/// Values of a function's result that need no knowledge about the function.
fn values(output: &ReturnType) -> Vec<String> {
    match output {
        ReturnType::Default => vec!["()".to_owned()],
        ReturnType::Type(_, r#type) => values_of(r#type),
    }
}

fn values_of(r#type: &Type) -> Vec<String> {
    let text = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    match r#type {
        Type::Tuple(tuple) if tuple.elems.is_empty() => text(&["()"]),
        Type::Reference(reference) if reference.elem.to_token_stream().to_string() == "str" => {
            text(&["\"\"", "\"xyzzy\""])
        }
        Type::ImplTrait(_) | Type::Never(_) | Type::Reference(_) | Type::Tuple(_) => Vec::new(),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return Vec::new() };
            let inner = |wrap: &str| match &last.arguments {
                syn::PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
                    Some(syn::GenericArgument::Type(r#type)) => values_of(r#type)
                        .into_iter()
                        .map(|value| format!("{wrap}({value})"))
                        .collect(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            match last.ident.to_string().as_str() {
                "bool" => text(&["true", "false"]),
                "String" => text(&["String::new()", "\"xyzzy\".into()"]),
                "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => text(&["0", "1"]),
                "i8" | "i16" | "i32" | "i64" | "isize" => text(&["0", "1", "-1"]),
                "Vec" => text(&["Vec::new()"]),
                "Option" => {
                    let mut values: Vec<String> = text(&["None"]);
                    values.extend(inner("Some"));
                    values
                }
                "Result" if last.arguments.is_none() => text(&["Ok(Default::default())"]),
                "Result" => inner("Ok"),
                _ => text(&["Default::default()"]),
            }
        }
        _ => Vec::new(),
    }
}
