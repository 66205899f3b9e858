"""Fused multiply-add: within one expression of a kernel, ``a * b + c`` is one instruction, and rounded once.

It takes a sixth off a step. LLVM would do it by itself (numba's ``fastmath={"contract"}``), but it decides anew for
every kernel that a function is inlined into, and for every chip. Here the source decides, before anything is inlined: a
float32 product that is added or subtracted in the expression that forms it is fused, of two products the left one.
So a function gives the same bits in every kernel. A chip without the instruction (x86 before 2013) gets these bits,
too, from the C library, and slowly.
"""

import ctypes
import operator
import os
from collections import Counter
from typing import Any

import llvmlite.binding as llvm
from numba import types
from numba.core import ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import NopythonTypeInference
from numba.extending import intrinsic

_FLOAT = types.float32


def _fused(negate_product: bool = False, negate_addend: bool = False) -> Any:
    """Intrinsic (a, b, c) -> a * b + c, with a sign before the product or before c."""

    @intrinsic
    def fused(typing_context, a, b, c):
        def generate(context, builder, signature, arguments):
            a, b, c = arguments
            return builder.fma(builder.fneg(a) if negate_product else a, b, builder.fneg(c) if negate_addend else c)

        return _FLOAT(_FLOAT, _FLOAT, _FLOAT), generate

    return fused


_PRODUCT_FIRST = {operator.add: _fused(), operator.sub: _fused(negate_addend=True)}
_PRODUCT_LAST = {operator.add: _fused(), operator.sub: _fused(negate_product=True)}


@register_pass(mutates_CFG=False, analysis_only=False)
class FuseProducts(FunctionPass):
    """The pass of numba's compiler that replaces sums and differences of a product, once the types are known."""

    _name = "fuse_products"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Called by numba with the state of a compilation; tells whether anything changed."""
        blocks = state.func_ir.blocks.values()
        named = Counter(variable.name for block in blocks for each in block.body for variable in each.list_vars())
        return any([_fuse_block(state, block, named) for block in blocks])  # noqa: C419 - each block, not up to the first


def _fuse_block(state: Any, block: ir.Block, named: Counter[str]) -> bool:
    """Fuse what one basic block holds; ``named`` counts where each variable stands, its assignment included."""
    products: dict[str, ir.Expr] = {}
    body: list[Any] = []
    for statement in block.body:
        expression: Any = statement.value if isinstance(statement, ir.Assign) else None
        sign = _operator(state, expression)
        if sign is operator.mul and statement.target.name.startswith("$") and named[statement.target.name] == 2:
            products[statement.target.name] = expression  # such is numba's name for a value within an expression
        fused = _fused_form(sign, expression, products)
        body += [statement] if fused is None else _call(state, statement, *fused)
    changed = len(body) != len(block.body)
    block.body = body
    return changed


def _operator(state: Any, expression: Any) -> Any:
    """The operator of float32 arithmetic; None for anything else."""
    if not isinstance(expression, ir.Expr) or expression.op not in ("binop", "inplace_binop"):
        return None
    if state.calltypes[expression].args != (_FLOAT, _FLOAT):
        return None
    return expression.fn if expression.op == "binop" else expression.immutable_fn


def _fused_form(sign: Any, expression: Any, products: dict[str, ir.Expr]) -> tuple[Any, list[ir.Var]] | None:
    """What computes a sum or difference of a product at once, and of what; None for anything else."""
    if sign not in _PRODUCT_FIRST:
        return None
    left, right = expression.lhs, expression.rhs
    if left.name in products:
        return _PRODUCT_FIRST[sign], [products[left.name].lhs, products[left.name].rhs, right]
    if right.name in products:
        return _PRODUCT_LAST[sign], [products[right.name].lhs, products[right.name].rhs, left]
    return None


def _call(state: Any, statement: ir.Assign, function: Any, arguments: list[ir.Var]) -> list[ir.Assign]:
    """The statements that assign what ``function`` returns, instead of ``statement``."""
    target, place = statement.target, statement.loc
    called = ir.Var(target.scope, f"$fused.{len(state.typemap)}", place)
    kind = state.typingctx.resolve_value_type(function)
    state.typemap[called.name] = kind
    call = ir.Expr.call(called, arguments, (), place)
    state.calltypes[call] = kind.get_call_type(state.typingctx, (_FLOAT, _FLOAT, _FLOAT), {})
    return [ir.Assign(ir.Global("fused", function, place), called, place), ir.Assign(call, target, place)]


class FusingCompiler(CompilerBase):
    """numba's compiler with ``FuseProducts`` behind its type inference."""

    def define_pipelines(self) -> list[Any]:
        """Called by numba: the passes of a compilation."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(FuseProducts, NopythonTypeInference)
        passes.finalize()
        return [passes]


def _show_fmaf() -> None:
    """Tell LLVM where C's ``fmaf`` is: code for a chip without the instruction calls it, and Windows does not say."""
    library = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
    if hasattr(library, "fmaf"):
        llvm.add_symbol("fmaf", ctypes.cast(library.fmaf, ctypes.c_void_p).value)


_show_fmaf()
